"""time: what does not depend on the moment."""
import os
import time

for zone in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney"):
    os.environ["TZ"] = zone
    time.tzset()
    print(zone, time.tzname, time.timezone, time.altzone, time.daylight)
    for s in (0, 86400 * 200, 1e9, 1234567890.75, -1e9):
        t = time.localtime(s)
        print(t, t.tm_zone, t.tm_gmtoff, time.mktime(t), time.ctime(s), time.asctime(t), time.strftime("%a %b %d %H:%M:%S %Y %j %U %w %%", t))
t = time.gmtime(1e9)
print(t[:3], t.tm_yday, len(t), t == tuple(t), isinstance(t, tuple), time.struct_time(range(9)), hash(t) == hash(tuple(t)))
for f, args in ((time.sleep, (-1,)), (time.sleep, ("a",)), (time.gmtime, (1e30,)), (time.gmtime, ("a",)), (time.mktime, ((1, 2),)), (time.mktime, (5,)),
                (time.strftime, ("%Y", (2000, 13, 1, 0, 0, 0, 0, 0, 0))), (time.asctime, ((2000, 1),)), (time.get_clock_info, ("x",)), (time.localtime, (float("nan"),)),
                (time.strftime, ("a\0b",)), (time.strftime, (5,)), (time.strftime, ()), (time.struct_time, ((1, 2),)), (time.clock_gettime, (99,)), (time.gmtime, (1, 2))):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)
a, b = time.monotonic_ns(), time.perf_counter()
time.sleep(0.02)
print(time.monotonic_ns() - a >= 20_000_000, 0.02 <= time.perf_counter() - b < 5, abs(time.time() - time.time_ns() / 1e9) < 5, time.process_time() >= 0, time.thread_time_ns() >= 0)
print(time.get_clock_info("monotonic"))
