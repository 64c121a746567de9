"""int, float, complex, bool: results and messages at the edges."""


def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
1<<(1<<62)
1<<(1<<70)
0<<(1<<70)
1>>(1<<70)
-1>>(1<<70)
1<<-1
1>>-1
int('9'*5000)
str(10**5000)
int('')
int(' 1_0 ')
int('1__0')
int('0x1f',0)
int('010',0)
int('0_0',0)
int('z',36)
int('1',1)
int('1',-5)
int('1',1<<70)
int(x=1)
int(1,2)
int(base=2)
int(1.5,base=2)
int([])
int(b'12')
int(bytearray(b'x'))
int('٣')
int('a'*300)
int(float('inf'))
int(float('nan'))
int(1,2,3)
int('1',y=3)
int('1',base=2,y=3)
1//0
1%0
divmod(1,0)
1/0
1.0//0
1.0%0
divmod(1.0,0)
1.0/0
0**-1
0.0**-1
10**400/1
1/10**400
10**400*1.0
10**400/3
float(10**400)
10.0**400
pow(2,-1,5)
pow(2,-1,4)
pow(2,1,0)
pow(2.0,1,3)
pow(2,1.0,3)
(300).to_bytes(1,'big')
(-1).to_bytes(1,'big')
(-129).to_bytes(1,'big',signed=True)
(1).to_bytes(-1,'big')
(1).to_bytes(1,'x')
(1).to_bytes(1,5)
(1).to_bytes()
int.from_bytes(b'','big')
int.from_bytes([1,2],'big')
int.from_bytes(5,'big')
int.from_bytes('a','big')
int.from_bytes(b'\xff',signed=True)
format(1,'xx')
format(1,'.2')
format(1.0,'d')
format(1,'s')
format('a','d')
format(1,',x')
format(1,'_x')
format(1,',_')
format(1,'_,')
format(1.0,',_')
format(1,',n')
format(1.0,'_n')
format(1.5,'q')
format(1.5,'\u20ac')
format(1,'c')
format(-1,'c')
format(1<<40,'c')
format(1,'+c')
format(1,'#c')
format(1,',c')
format(1,'.3c')
format(1j,'0')
format(1j,'=')
format(1j,'d')
format(1,'99999999999999999999')
format(1.0,'.99999999999999999999')
format(1.0,'.9999999999')
format(1.0,'.')
format(1,'.d')
format('a','=')
format('a','+')
format('a','#')
format('a',',')
format('a','0')
format('a','05')
format(1.0,'z')
format(-0.0,'z.1f')
format(1,'z')
format('a','z')
format(True,'')
format(True,'d')
round(1.5,None)
round(5,-1)
round(15,-1)
round(1.5,2.0)
float('x')
float('1__0')
float(b'1.5')
float('')
float([])
float(1,2)
float(x=1)
float('1'*300+'x')
1<<1.0
1.0<<1
~1.0
float.fromhex('0x')
float.fromhex('0x1p5000')
(1e400).as_integer_ratio()
float('nan').as_integer_ratio()
float.__getformat__('double')
hasattr(float,'__setformat__')
(1.0).__round__(1<<70)
(1e308).__round__(-308)
(1.7e308).__round__(-308)
complex('1+')
complex('1',2)
complex(1,'2')
complex([])
1j**2
0j**-1
1j//2
1j%2
divmod(1j,2)
1j<2
complex(1,real=2)
int.__new__(bool,1)
int(10**20).__sizeof__()
True.__sizeof__()
(5).__getnewargs__()
int.__new__()
int.__new__(str)
bool(1,2)
bool(x=1)
""".strip().splitlines():
    show(line)


class Whole(int):
    def __repr__(self):
        return "Whole(%d)" % self


class Real(float):
    pass


for x in (Whole(5), Whole(10**30), Whole(-7)):
    print(repr(x), x + 1, type(x + 1), -x, int(x), type(int(x)), x == int(x), hash(x) == hash(int(x)), x.bit_length(), {x: 1}[int(x)], x.real, type(x.real))
print(Real(1.5) + 1, type(Real(1.5) + 1), Real("2.5"), Real.fromhex("0x1p-3"), type(Real.fromhex("0x1p-3")), Whole.from_bytes(b"\x01\x02", "big"))


class Index:
    def __index__(self):
        return 42


class Floaty:
    def __float__(self):
        return 2.5


class Trunc:
    def __trunc__(self):
        return 7


print(int(Index()), float(Index()), hex(Index()), float(Floaty()), complex(Floaty()), round(Whole(15), -1), [1, 2, 3][Whole(1)])
print([divmod(a, b) for a in (7, -7, 7.5, -7.5) for b in (2, -2, 2.5, -2.5)])
print([round(x * 0.5) for x in range(-9, 10)], [round(2.675, n) for n in range(4)], round(1234567.891, -3))
print(sum([0.1] * 10), 0.1 + 0.2, 1e16, 1e15, 123456789012345678, 1e22, 1e-5, 0.0001, 5e-324, 1.7976931348623157e308)
print(True + True, True & False, type(True & False), True | 2, ~True, -True, True ** 2, str(True), format(True, "5"), int("0b101", 0), int("-0o17", 8))
print(1 < 2.5 < 3, 2**53 == float(2**53), 2**53 + 1 == float(2**53), 2**53 + 1 > float(2**53), float("inf") > 10**400, float("nan") == float("nan"))
for bad in ("1" + "_" * 2 + "0", "0x", "", "- 1", "1e5"):
    try:
        int(bad, 0)
    except ValueError as e:
        print(e)
