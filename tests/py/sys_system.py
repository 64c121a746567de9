# fcntl, termios, pwd, grp, resource, syslog, locale.
import array, fcntl, grp, locale, os, pwd, resource, struct, syslog, tempfile, termios

def tried(f, *a, **k):
    try:
        return f(*a, **k)
    except Exception as e:
        return f'{type(e).__name__}: {e}'

with tempfile.TemporaryFile() as f:
    print(fcntl.fcntl(f, fcntl.F_GETFD), fcntl.fcntl(f.fileno(), fcntl.F_SETFD, 0), fcntl.fcntl(f, fcntl.F_GETFD))
    lock = struct.pack('hhqqixxxx', fcntl.F_WRLCK, 0, 0, 0, 0)
    print(len(fcntl.fcntl(f, fcntl.F_SETLKW, lock)), fcntl.flock(f, fcntl.LOCK_EX), fcntl.lockf(f, fcntl.LOCK_UN), tried(fcntl.lockf, f, 0))
    print(tried(fcntl.fcntl, f, 1, 'x' * 2000), tried(fcntl.fcntl, f, 1, 1.5), tried(fcntl.fcntl, -1, 1), tried(fcntl.fcntl, 'x', 1))
r, w = os.pipe()
os.write(w, b'12345')
n = array.array('i', [0])
print(fcntl.ioctl(r, termios.FIONREAD, n), n[0], struct.unpack('i', fcntl.ioctl(r, termios.FIONREAD, bytes(4))), tried(fcntl.ioctl, r, termios.TCGETS, bytes(60)))
print(tried(termios.tcgetattr, r), tried(termios.tcsetattr, r, 0, []), tried(termios.tcflush, 'x', 0), issubclass(termios.error, Exception))

me = pwd.getpwuid(0)
print(me.pw_name, me[2], me == pwd.getpwnam('root'), me in pwd.getpwall(), tried(pwd.getpwnam, 'no such user'), tried(pwd.getpwuid, 2**40), tried(pwd.getpwnam, 'a\0b'))
print(grp.getgrgid(0).gr_name, grp.getgrnam('root').gr_mem, len(grp.getgrall()) > 5, tried(grp.getgrnam, 'no such group'), tried(grp.getgrgid, 'x'))
print(len(resource.getrusage(resource.RUSAGE_SELF)), resource.getrusage(0).ru_maxrss > 1000, tried(resource.getrusage, 77), tried(resource.getrlimit, 99))
soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
print(resource.setrlimit(resource.RLIMIT_CORE, (0, hard)), resource.getrlimit(resource.RLIMIT_CORE)[0], tried(resource.setrlimit, resource.RLIMIT_CORE, (1, 2, 3)),
      tried(resource.setrlimit, resource.RLIMIT_CORE, (2, 1)), resource.prlimit(0, resource.RLIMIT_CORE) == (0, hard))
print(syslog.LOG_UPTO(syslog.LOG_ERR), syslog.LOG_MASK(3), tried(syslog.syslog), tried(syslog.syslog, 1, 2), syslog.openlog('test'), syslog.syslog('nothing'), syslog.closelog())
print(locale.setlocale(locale.LC_NUMERIC), locale.setlocale(locale.LC_ALL, 'C'), tried(locale.setlocale, locale.LC_ALL, 'xx_YY'))
print(locale.localeconv()['decimal_point'], locale.nl_langinfo(locale.DAY_1), tried(locale.nl_langinfo, 1 << 20), locale.strcoll('a', 'b') < 0, locale.strxfrm('ab'))
print(sorted('bAa', key=locale.strxfrm), locale.getencoding(), locale.format_string('%.2f', 1234.5, grouping=True))
