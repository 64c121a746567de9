# Signals wake an event loop through a file descriptor; Ctrl-C cancels the main task of asyncio.run.
import asyncio, os, signal, socket, _thread
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
a, b = socket.socketpair()
try: signal.set_wakeup_fd(b.fileno())
except ValueError as e: print(str(e).replace(str(b.fileno()), 'N'))
b.setblocking(False); a.settimeout(5)
print(signal.set_wakeup_fd(b.fileno()))
signal.signal(signal.SIGCHLD, lambda *a: print('child'))
pid = os.fork()
if pid == 0: os._exit(0)
os.waitpid(pid, 0)
for i in range(3): pass
print(a.recv(1) == bytes([signal.SIGCHLD]))
print(signal.set_wakeup_fd(-1) == b.fileno(), signal.set_wakeup_fd(-1))
try: signal.set_wakeup_fd(9999)
except OSError as e: print(e.errno)
async def main():
    asyncio.get_running_loop().call_later(0.01, _thread.interrupt_main)
    try: await asyncio.Event().wait()
    except asyncio.CancelledError: print('cancelled'); raise
try: asyncio.run(main())
except KeyboardInterrupt: print('interrupted')
async def handled():
    loop = asyncio.get_running_loop(); ev = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, ev.set)
    loop.call_later(0.01, os.kill, os.getpid(), signal.SIGUSR1)
    await ev.wait(); print('handled', loop.remove_signal_handler(signal.SIGUSR1))
asyncio.run(handled())
