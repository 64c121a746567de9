"""array.array."""
import copy
import random
from array import array

a = array("i", [1, 2, 3])

def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
array()
array('z')
array(5)
array('ii')
array('i',5)
array('i','abc')
array('i',[1.5])
array('b',[200])
array('B',[-1])
array('B',[256])
array('h',[1<<20])
array('H',[-1])
array('H',[1<<20])
array('i',[1<<40])
array('I',[-1])
array('I',[1<<40])
array('l',[1<<70])
array('L',[-1])
array('L',[1<<70])
array('q',[1<<70])
array('Q',[-1])
array('Q',[1<<70])
array('f',['a'])
array('d',['a'])
array('u','abc')
array('u',b'ab')
array('i',b'abcd')
array('i',b'abc')
array('i',bytearray(4))
array('u',array('i'))
array('i',array('d',[1.0]))
array('d',array('i',[1]))
array('i',[1,2,3])
array('d',[])
array('i',x=1)
a.append('x')
a.extend(5)
a.extend(array('d'))
a.extend([1,'x'])
a.fromlist(5)
a.fromlist(['x'])
a.frombytes(b'abc')
a.frombytes('abc')
a.fromunicode('abc')
array('u').tounicode()
a.tounicode()
a.index(9)
a.index(2,5)
a.remove(9)
a.pop(10)
array('i').pop()
a.insert('x',1)
a[10]
a['x']
a[1.5]
a[0:2]
a+5
a+array('d')
a*2
a*'x'
a==array('d',[1,2,3])
a<array('i',[1,2,4])
a==[1,2,3]
a.buffer_info()[1]
a.byteswap()
array('f',[1.5]).byteswap()
a.count(2)
a.itemsize,a.typecode
a.tolist()
a.tobytes()
a.reverse()
a.__reduce_ex__(2)
a.__reduce_ex__(3)
a.__reduce__()
a.__copy__()
a.__deepcopy__({})
hash(a)
memoryview(a).format
iter(a).__reduce__()
type(iter(a))
array.typecodes
a.__contains__(5)
a.__class_getitem__(int)
a.__setitem__(slice(0,1),array('i',[7,8]))
a.__setitem__(slice(0,1),[7,8])
a.__setitem__(slice(0,1),array('d'))
a.__setitem__(slice(0,3,2),array('i',[7]))
a.__setitem__(0,'x')
a.__delitem__(slice(0,2))
a.__iadd__([1])
a.__iadd__(array('d'))
a.tofile(5)
a.fromfile(5,1)
array('i',range(3))
array('u','a\n')
array('b',[1])[:5:0]
array('l')[0]
array('l',[1]).__setitem__(5,1)
array('l',[1]).__delitem__(5)
len(array('l')*-1)
bool(array('b'))
""".strip().splitlines():
    show(line)


r = random.Random(4)
a, model = array("h"), []
for _ in range(1500):
    i, j, s = r.randint(-12, 12), r.randint(-12, 12), r.choice([1, 1, 1, 2, -1, 3])
    x = r.randint(-99, 99)
    try:
        k = r.randint(0, 9)
        if k == 0:
            a.append(x); model.append(x)
        elif k == 1:
            a.insert(i, x); model.insert(i, x)
        elif k == 2:
            print(a.pop(i), model.pop(i))
        elif k == 3:
            a[i:j] = array("h", [x, x + 1]); model[i:j] = [x, x + 1]
        elif k == 4:
            del a[i:j:s]; del model[i:j:s]
        elif k == 5:
            a[i] = x; model[i] = x
        elif k == 6:
            a.extend([x] * (i % 4)); model.extend([x] * (i % 4))
        elif k == 7:
            a.reverse(); model.reverse()
        elif k == 8 and len(a) < 50:
            a *= abs(i) % 3; model *= abs(i) % 3
        else:
            print(a[i:j:s] == array("h", model[i:j:s]), a.index(x) if x in a else None)
    except (IndexError, ValueError) as e:
        print(type(e).__name__, e)
        assert a.tolist() == model or k == 2, (a, model)
    print(a.tolist() == model, len(a))
for p in range(2, 6):
    for v in (array("d", [1.5, -2]), array("u", "h\u00e9llo"), array("Q", [2**64 - 1]), array("b")):
        f, args, state = v.__reduce_ex__(p)
        print(p, f(*args) == v, args[1:] if p > 2 else args, state)
m = memoryview(array("i", [1, 2, 3]))
print(m.tolist(), m.format, m.itemsize, m[1], bytes(m[1:]), m.cast("B")[0])


class Mine(array):
    def __new__(cls, items=()):
        return super().__new__(cls, "i", items)


v = Mine([1, 2])
v.note = "x"
print(v, v.note, type(v[:1]), copy.copy(v), v + array("i", [3]), list(reversed(v)), sum(v), max(v), sorted(v))
