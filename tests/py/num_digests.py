"""binascii and the digests."""
import _blake2
import _md5
import _sha1
import _sha256
import _sha3
import _sha512
import binascii
import hashlib
import random

def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
binascii.a2b_hex('abc')
binascii.a2b_hex('zz')
binascii.a2b_hex('\u20ac0')
binascii.a2b_hex(5)
binascii.b2a_hex('a')
binascii.b2a_hex(b'abcd','-')
binascii.b2a_hex(b'abcde','-',2)
binascii.b2a_hex(b'abcde','-',-2)
binascii.b2a_hex(b'abcde','--')
binascii.b2a_hex(b'abcde','\u20ac')
binascii.b2a_hex(b'abcde',5)
binascii.b2a_hex(b'abcde','-',0)
binascii.b2a_hex(b'','-',2)
binascii.a2b_base64('YQ')
binascii.a2b_base64('YQ==')
binascii.a2b_base64('Y')
binascii.a2b_base64('YWJj!ZGVm')
binascii.a2b_base64('YQ==YQ==')
binascii.a2b_base64('YQ==YQ==',strict_mode=True)
binascii.a2b_base64('=YQ==',strict_mode=True)
binascii.a2b_base64('Y=Q=',strict_mode=True)
binascii.a2b_base64('YQ=\n=',strict_mode=True)
binascii.a2b_base64('YQ===',strict_mode=True)
binascii.a2b_base64('YWJj=',strict_mode=True)
binascii.a2b_base64('YWJj=')
binascii.a2b_base64('Y\nQ==',strict_mode=True)
binascii.a2b_base64('YQ==\n',strict_mode=True)
binascii.a2b_base64('YQ==a',strict_mode=True)
binascii.a2b_base64('YQ==')
binascii.a2b_base64('YR==',strict_mode=True)
binascii.a2b_base64('YQ=')
binascii.a2b_base64('YWJjZ')
binascii.a2b_base64('')
binascii.a2b_base64('\u20ac')
binascii.b2a_base64(b'abcd')
binascii.b2a_base64(b'abcd',newline=False)
binascii.b2a_base64('a')
binascii.crc32(b'abc')
binascii.crc32(b'abc',-5)
binascii.crc32(b'abc',1<<40)
binascii.crc_hqx(b'abc',5)
binascii.crc_hqx(b'abc')
binascii.b2a_uu(b'abc')
binascii.b2a_uu(b'a'*46)
binascii.b2a_uu(b'a\0',backtick=True)
binascii.a2b_uu(b'#86)C\n')
binascii.a2b_uu(b'#86)Czz')
binascii.a2b_uu(b'#8\xff)C')
binascii.a2b_uu(b'#8')
binascii.a2b_qp(b'a=3D=\nb=zz=')
binascii.a2b_qp(b'a_b',header=True)
binascii.b2a_qp(b'a=b \n c\t\xff')
binascii.b2a_qp(b'a b_c.',quotetabs=True,header=True)
binascii.b2a_qp(b'x'*100)
binascii.b2a_qp(b'.\r\n.a',istext=False)
binascii.b2a_qp(b'a \r\nb\nc')
binascii.Error.__mro__
binascii.Incomplete.__mro__
_md5.md5(b'a').hexdigest()
_md5.md5('a')
_md5.md5(b'a').name
_md5.md5(b'a').block_size
_md5.md5(b'a').digest_size
_sha512.sha384().name
_sha256.sha224(b'a').hexdigest()
_sha1.sha1(b'a').copy().digest()
_md5.md5().update('a')
_md5.md5().update()
type(_md5.md5())
type(_sha256.sha224())
type(_sha256.sha256())
type(_sha512.sha384())
type(_sha1.sha1())
type(_md5.md5())()
_blake2.blake2b(digest_size=0)
_blake2.blake2b(digest_size=65)
_blake2.blake2s(digest_size=33)
_blake2.blake2b(salt=b'x'*17)
_blake2.blake2b(person=b'x'*17)
_blake2.blake2b(key=b'x'*65)
_blake2.blake2b(fanout=256)
_blake2.blake2b(fanout=-1)
_blake2.blake2b(depth=0)
_blake2.blake2b(depth=256)
_blake2.blake2b(leaf_size=1<<32)
_blake2.blake2b(leaf_size=-1)
_blake2.blake2b(node_offset=1<<64)
_blake2.blake2b(node_offset=-1)
_blake2.blake2s(node_offset=1<<48)
_blake2.blake2b(node_depth=256)
_blake2.blake2b(inner_size=65)
_blake2.blake2b(b'abc',key=b'k',salt=b's',person=b'p',fanout=2,depth=3,leaf_size=100,node_offset=5,node_depth=1,inner_size=32,last_node=True,digest_size=20).hexdigest()
_blake2.blake2s(b'abc',key=b'k',salt=b's',person=b'p',fanout=2,depth=3,leaf_size=100,node_offset=5,node_depth=1,inner_size=32,last_node=True,digest_size=20).hexdigest()
_blake2.blake2b(b'a'*1000).hexdigest()
_blake2.blake2b('a')
""".strip().splitlines():
    show(line)


r = random.Random(8)
for _ in range(150):
    b = r.randbytes(r.randint(0, 300))
    print(binascii.b2a_base64(b), binascii.crc32(b, r.getrandbits(32)), binascii.crc_hqx(b, r.getrandbits(16)), binascii.hexlify(b, ":", r.randint(-5, 5)))
    print(binascii.b2a_uu(b[:45]), binascii.a2b_uu(binascii.b2a_uu(b[:45])) == b[:45], binascii.a2b_base64(binascii.b2a_base64(b)) == b)
    q = bytes(r.choice(b"ab= \t\r\n.\xff_c") for _ in range(r.randint(0, 90)))
    print(binascii.b2a_qp(q, quotetabs=r.random() < 0.5, istext=r.random() < 0.5, header=r.random() < 0.5), binascii.a2b_qp(q + b"=41=\n=" + q, header=r.random() < 0.5))
    for f in (_md5.md5, _sha1.sha1, _sha256.sha224, _sha256.sha256, _sha512.sha384, _sha512.sha512, _sha3.sha3_224, _sha3.sha3_256, _sha3.sha3_512,
              _blake2.blake2b, _blake2.blake2s):
        h = f(b)
        c = h.copy()
        h.update(b)
        print(h.name, h.hexdigest(), c.hexdigest() == f(b).hexdigest(), h.digest() == f(b + b).digest())
    print(_sha3.shake_128(b).hexdigest(r.randint(0, 400)), _sha3.shake_256(b).digest(r.randint(0, 40)))
print(sorted(hashlib.algorithms_guaranteed))
for name in sorted(hashlib.algorithms_guaranteed):
    h = hashlib.new(name, b"abc")
    print(name, h.digest_size, h.block_size, h.name, h.hexdigest(*([8] if "shake" in name else [])))
