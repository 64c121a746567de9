# unicodedata: every character, by checksums.
import unicodedata as u, zlib, sys
n=0
for f in ['category','bidirectional','combining','mirrored','decomposition','east_asian_width']:
    g=getattr(u,f)
    if n: 
        for i in range(0x110000): print(f,hex(i),g(chr(i)))
    else: print(f, zlib.crc32('|'.join(str(g(chr(i))) for i in range(0x110000)).encode()))
print('name', zlib.crc32('|'.join(u.name(chr(i),'') for i in range(0x110000)).encode()))
if n:
  for i in range(0x110000): print('name', hex(i), u.name(chr(i),''))
for f in ['NFC','NFD','NFKC','NFKD']:
    print(f, zlib.crc32('|'.join(u.normalize(f,chr(i)+'\u0301a\u0323\u0307') for i in range(0x110000) if not 0xd800<=i<0xe000).encode()))
print([u.lookup(x) for x in ['DIGIT ONE','LATIN SMALL LETTER A WITH ACUTE','CJK UNIFIED IDEOGRAPH-4E00','HANGUL SYLLABLE GA']], u.unidata_version, u.ucd_3_2_0.unidata_version)
for f in [lambda:u.lookup('nope'),lambda:u.name('\n'),lambda:u.decimal('a'),lambda:u.decimal('a',5),lambda:u.numeric('½'),lambda:u.digit('²'),lambda:u.category('ab'),lambda:u.category(5),lambda:u.normalize('X','é'),lambda:u.is_normalized('NFC','e\u0301'),lambda:u.is_normalized('NFC','é'),lambda:u.lookup('LINE FEED'),lambda:'\N{LATIN SMALL LETTER GHA}',lambda:u.name('\U000e0100'),lambda:u.lookup('KEYCAP DIGIT ONE') if 0 else 1,lambda:u.numeric('一'), lambda: 'bücher.example'.encode('idna')]:
    try: print(ascii(f()))
    except Exception as e: print(type(e).__name__, e)
