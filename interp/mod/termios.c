/* termios.c: the module termios: terminals.
 * Locks: none.  What changes a terminal is an act on the outside world. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/blocking.h"
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>

static ob_val error_class;
#ifndef VSWTCH
#define VSWTCH VSWTC
#endif

static ob_val fail(int err) {
    ob_val text = ob_str_from_c(strerror(err)), e = ob_is_null(text) ? text : ob_call2(error_class, ob_from_small(err), text);
    return ob_is_null(e) ? e : ob_raise_value(e);
}
static ob_val done(int r) { return r < 0 ? fail(errno) : OB_NONE; }

OB_FN(m_tcgetattr) {
    int fd = py_fd_of(a[0]);
    struct termios t;
    if (fd < 0) return OB_NULL;
    if (tcgetattr(fd, &t) < 0) return fail(errno);
    ob_val cc = ob_list_new(NCCS);
    for (int i = 0; i < NCCS && !ob_is_null(cc); i++) {
        bool number = !(t.c_lflag & ICANON) && (i == VMIN || i == VTIME);
        ob_val x = number ? ob_from_small(t.c_cc[i]) : ob_bytes_from(&t.c_cc[i], 1);
        if (ob_is_null(x) || !ob_list_append(cc, x)) return OB_NULL;
    }
    ob_val v[7] = {ob_from_small(t.c_iflag), ob_from_small(t.c_oflag), ob_from_small(t.c_cflag), ob_from_small(t.c_lflag), ob_from_small(cfgetispeed(&t)),
        ob_from_small(cfgetospeed(&t)), cc};
    return ob_is_null(cc) ? cc : ob_list_from(v, 7);
}
static bool characters(ob_val cc, struct termios *t) {
    if (!ob_is_list(cc) || ob_list_len(cc) != NCCS) return ob_fail(ob_raise(&ob_exc_TypeError, "tcsetattr: attributes[6] must be %d element list", NCCS));
    for (size_t i = 0; i < NCCS; i++) {
        ob_val x = ob_list_at(cc, i);
        int64_t n;
        if (ob_is_bytes(x) && ob_bytes_ptr(x)->len == 1) t->c_cc[i] = ob_bytes_ptr(x)->data[0];
        else if (!ob_is_int(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "tcsetattr: elements of attributes must be characters or integers"));
        else if (!ob_int_to_i64(x, &n)) return false;
        else t->c_cc[i] = (cc_t)n;
    }
    return true;
}
OB_FN(m_tcsetattr) {
    struct termios t;
    int when, fd = py_fd_of(a[0]);
    int64_t n6[6];
    if (fd < 0 || !posix_int(a[1], &when)) return OB_NULL;
    if (!ob_is_list(a[2]) || ob_list_len(a[2]) != 7) return ob_raise(&ob_exc_TypeError, "tcsetattr, arg 3: must be 7 element list");
    if (tcgetattr(fd, &t) < 0) return fail(errno);
    for (size_t i = 0; i < 6; i++) {
        ob_val x = ob_list_at(a[2], i);
        if (!ob_is_int(x)) return ob_raise_bad_type("an integer is required", x);
        if (!ob_int_to_i64(x, &n6[i])) return OB_NULL;
    }
    if (!characters(ob_list_at(a[2], 6), &t) || !ob_external()) return OB_NULL;
    t.c_iflag = (tcflag_t)n6[0], t.c_oflag = (tcflag_t)n6[1], t.c_cflag = (tcflag_t)n6[2], t.c_lflag = (tcflag_t)n6[3];
    if (cfsetispeed(&t, (speed_t)n6[4]) < 0 || cfsetospeed(&t, (speed_t)n6[5]) < 0) return fail(errno);
    py_blocking_enter();
    int r = tcsetattr(fd, when, &t), err = errno;
    py_blocking_leave();
    errno = err;
    return done(r);
}
static ob_val by_number(ob_val fdv, ob_val number, int (*call)(int, int)) {
    int x, fd = py_fd_of(fdv);
    if (fd < 0 || !posix_int(number, &x) || !ob_external()) return OB_NULL;
    py_blocking_enter();
    int r = call(fd, x), err = errno;
    py_blocking_leave();
    errno = err;
    return done(r);
}
static int drain(int fd, int x UNUSED) { return tcdrain(fd); }
OB_FN(m_tcsendbreak) { return by_number(a[0], a[1], tcsendbreak); }
OB_FN(m_tcdrain) { return by_number(a[0], ob_from_small(0), drain); }
OB_FN(m_tcflush) { return by_number(a[0], a[1], tcflush); }
OB_FN(m_tcflow) { return by_number(a[0], a[1], tcflow); }
OB_FN(m_tcgetwinsize) {
    struct winsize w;
    int fd = py_fd_of(a[0]);
    if (fd < 0) return OB_NULL;
    return ioctl(fd, TIOCGWINSZ, &w) < 0 ? fail(errno) : ob_tuple_of2(ob_from_small(w.ws_row), ob_from_small(w.ws_col));
}
OB_FN(m_tcsetwinsize) {
    struct winsize w;
    int64_t rows, columns;
    int fd = py_fd_of(a[0]);
    if (fd < 0) return OB_NULL;
    ob_val t = ob_type_of(a[1])->slots.iter || ob_type_of(a[1])->slots.getitem ? ob_tuple_of_iterable(a[1]) : OB_NULL;
    if (ob_is_null(t) || ob_tuple_len(t) != 2) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "tcsetwinsize, arg 2: must be a two-item sequence");
    if (!ob_index_i64(ob_tuple_at(t, 0), &rows) || !ob_index_i64(ob_tuple_at(t, 1), &columns)) return OB_NULL;
    if (rows < 0 || rows > 65535 || columns < 0 || columns > 65535) return ob_raise(&ob_exc_OverflowError, "winsize value(s) out of range.");
    if (ioctl(fd, TIOCGWINSZ, &w) < 0) return fail(errno);
    w.ws_row = (unsigned short)rows, w.ws_col = (unsigned short)columns;
    return ob_external() ? done(ioctl(fd, TIOCSWINSZ, &w)) : OB_NULL;
}

static const ob_def defs[] = {
    {"tcdrain", m_tcdrain, "fd, /", NULL, 0}, {"tcflow", m_tcflow, "fd, action, /", NULL, 0}, {"tcflush", m_tcflush, "fd, queue, /", NULL, 0},
    {"tcgetattr", m_tcgetattr, "fd, /", NULL, 0}, {"tcgetwinsize", m_tcgetwinsize, "fd, /", NULL, 0}, {"tcsendbreak", m_tcsendbreak, "fd, duration, /", NULL, 0},
    {"tcsetattr", m_tcsetattr, "fd, when, attributes, /", NULL, 0}, {"tcsetwinsize", m_tcsetwinsize, "fd, winsize, /", NULL, 0}, {0}};

#define CONSTANTS(C) \
    C(B0) C(B1000000) C(B110) C(B115200) C(B1152000) C(B1200) C(B134) C(B150) C(B1500000) C(B1800) C(B19200) C(B200) C(B2000000) C(B230400) C(B2400) \
    C(B2500000) C(B300) C(B3000000) C(B3500000) C(B38400) C(B4000000) C(B460800) C(B4800) C(B50) C(B500000) C(B57600) C(B576000) C(B600) C(B75) \
    C(B921600) C(B9600) C(BRKINT) C(BS0) C(BS1) C(BSDLY) C(CBAUD) C(CBAUDEX) C(CDSUSP) C(CEOF) C(CEOL) C(CEOT) C(CERASE) C(CFLUSH) C(CIBAUD) C(CINTR) \
    C(CKILL) C(CLNEXT) C(CLOCAL) C(CQUIT) C(CR0) C(CR1) C(CR2) C(CR3) C(CRDLY) C(CREAD) C(CRPRNT) C(CRTSCTS) C(CS5) C(CS6) C(CS7) C(CS8) C(CSIZE) \
    C(CSTART) C(CSTOP) C(CSTOPB) C(CSUSP) C(CWERASE) C(ECHO) C(ECHOCTL) C(ECHOE) C(ECHOK) C(ECHOKE) C(ECHONL) C(ECHOPRT) C(EXTA) C(EXTB) C(FF0) \
    C(FF1) C(FFDLY) C(FIOASYNC) C(FIOCLEX) C(FIONBIO) C(FIONCLEX) C(FIONREAD) C(FLUSHO) C(HUPCL) C(ICANON) C(ICRNL) C(IEXTEN) C(IGNBRK) C(IGNCR) \
    C(IGNPAR) C(IMAXBEL) C(INLCR) C(INPCK) C(IOCSIZE_MASK) C(IOCSIZE_SHIFT) C(ISIG) C(ISTRIP) C(IUCLC) C(IXANY) C(IXOFF) C(IXON) C(NCC) C(NCCS) \
    C(NL0) C(NL1) C(NLDLY) C(NOFLSH) C(N_MOUSE) C(N_PPP) C(N_SLIP) C(N_STRIP) C(N_TTY) C(OCRNL) C(OFDEL) C(OFILL) C(OLCUC) C(ONLCR) C(ONLRET) \
    C(ONOCR) C(OPOST) C(PARENB) C(PARMRK) C(PARODD) C(PENDIN) C(TAB0) C(TAB1) C(TAB2) C(TAB3) C(TABDLY) C(TCFLSH) C(TCGETA) C(TCGETS) C(TCIFLUSH) \
    C(TCIOFF) C(TCIOFLUSH) C(TCION) C(TCOFLUSH) C(TCOOFF) C(TCOON) C(TCSADRAIN) C(TCSAFLUSH) C(TCSANOW) C(TCSBRK) C(TCSBRKP) C(TCSETA) C(TCSETAF) \
    C(TCSETAW) C(TCSETS) C(TCSETSF) C(TCSETSW) C(TCXONC) C(TIOCCONS) C(TIOCEXCL) C(TIOCGETD) C(TIOCGICOUNT) C(TIOCGLCKTRMIOS) C(TIOCGPGRP) \
    C(TIOCGSERIAL) C(TIOCGSOFTCAR) C(TIOCGWINSZ) C(TIOCINQ) C(TIOCLINUX) C(TIOCMBIC) C(TIOCMBIS) C(TIOCMGET) C(TIOCMIWAIT) C(TIOCMSET) C(TIOCM_CAR) \
    C(TIOCM_CD) C(TIOCM_CTS) C(TIOCM_DSR) C(TIOCM_DTR) C(TIOCM_LE) C(TIOCM_RI) C(TIOCM_RNG) C(TIOCM_RTS) C(TIOCM_SR) C(TIOCM_ST) C(TIOCNOTTY) \
    C(TIOCNXCL) C(TIOCOUTQ) C(TIOCPKT) C(TIOCPKT_DATA) C(TIOCPKT_DOSTOP) C(TIOCPKT_FLUSHREAD) C(TIOCPKT_FLUSHWRITE) C(TIOCPKT_NOSTOP) \
    C(TIOCPKT_START) C(TIOCPKT_STOP) C(TIOCSCTTY) C(TIOCSERCONFIG) C(TIOCSERGETLSR) C(TIOCSERGETMULTI) C(TIOCSERGSTRUCT) C(TIOCSERGWILD) \
    C(TIOCSERSETMULTI) C(TIOCSERSWILD) C(TIOCSER_TEMT) C(TIOCSETD) C(TIOCSLCKTRMIOS) C(TIOCSPGRP) C(TIOCSSERIAL) C(TIOCSSOFTCAR) C(TIOCSTI) \
    C(TIOCSWINSZ) C(TOSTOP) C(VDISCARD) C(VEOF) C(VEOL) C(VEOL2) C(VERASE) C(VINTR) C(VKILL) C(VLNEXT) C(VMIN) C(VQUIT) C(VREPRINT) C(VSTART) \
    C(VSTOP) C(VSUSP) C(VSWTC) C(VSWTCH) C(VT0) C(VT1) C(VTDLY) C(VTIME) C(VWERASE) C(XCASE) C(XTABS)
#define C(name) {#name, (int64_t)(name)},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C

static bool fill(ob_val m) { return py_mod_error(m, &error_class, "termios", "error", &ob_exc_Exception) && py_mod_constants(m, constants, BASE_LENGTH(constants)); }
const ob_module_def py_mod_termios = {"termios", "Terminals.", defs, fill};
