# codecs: encodings, error handlers, the registry, incremental codecs.
import codecs, sys
def t(f, *a, **k):
    try:
        r = f(*a, **k)
        print(ascii(r))
    except UnicodeError as e:
        print(type(e).__name__, ascii(str(e)), getattr(e, 'encoding', None), ascii(getattr(e, 'object', None)), getattr(e, 'start', None), getattr(e, 'end', None))
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))
bad = [b'', b'abc', b'\xff', b'a\x80b', b'\xc3', b'\xc3(', b'\xe2\x82', b'\xe2(\xa1', b'\xf0\x9f\x98', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xc0\x80', b'\x00\xd8', b'\x00\xdc\x00\x00', b'\xff\xfea\x00', b'\xfe\xff\x00a', b'a\x00b', b'\x00\xd8\x00\xdc', b'\xff\xfe\x00\x00a\x00\x00\x00', b'\x00\x00\x11\x00', b'\\x4', b'\\u12', b'\\N{DIGIT ONE}\\N{foo}', b'\\777\\q\\n\\\n', b'\\U00110000', b'+AGE-', b'+AG', b'+2ADcAA-', b'+-', b'a+!b', b'\x81\x8d']
for enc in 'utf-8 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be ascii latin-1 utf-7 unicode_escape raw_unicode_escape cp1252 utf-8-sig'.split():
    for h in 'strict ignore replace backslashreplace surrogateescape surrogatepass xmlcharrefreplace'.split():
        for b in bad: t(b.decode, enc, h)
strs = ['', 'abc', 'é', '€x\ud800y', '\udc80\udcff', 'a\U0001f600b', '\\\n\t\x00\x7f\xa0', '+~\\é']
for enc in 'utf-8 utf-16 utf-16-le utf-32 utf-32-be ascii latin-1 utf-7 unicode_escape raw_unicode_escape cp1252 iso8859-15 utf-8-sig koi8-r'.split():
    for h in 'strict ignore replace backslashreplace surrogateescape surrogatepass xmlcharrefreplace namereplace'.split():
        for s in strs: t(s.encode, enc, h)
def h1(e): return ('<%s>' % ','.join('%x' % (ord(c) if isinstance(c, str) else c) for c in e.object[e.start:e.end]), e.end)
codecs.register_error('test.h1', h1)
codecs.register_error('test.back', lambda e: ('?', e.start + 1) if isinstance(e, UnicodeEncodeError) else ('!', e.start + 1))
codecs.register_error('test.neg', lambda e: ('x', -1))
codecs.register_error('test.bytes', lambda e: (b'\xff\xfe', e.end))
codecs.register_error('test.bad1', lambda e: 5)
codecs.register_error('test.bad2', lambda e: ('x', 1000))
codecs.register_error('test.wide', lambda e: ('\u20ac', e.end))
for h in 'h1 back bytes bad1 bad2 wide'.split():
    for enc in 'utf-8 ascii latin-1 cp1252 utf-16-le'.split():
        t('a\ud800\udfffé\u1234b'.encode, enc, 'test.' + h); t(b'a\xff\x81b\xe2\x82z\x00'.decode, enc, 'test.' + h)
t(codecs.register_error, 'x', 5); t(codecs.lookup_error, 'nope'); t(codecs.lookup_error, 5); print(codecs.lookup_error('test.h1') is h1)
for n in 'strict ignore replace backslashreplace xmlcharrefreplace namereplace surrogateescape surrogatepass'.split():
    f = codecs.lookup_error(n)
    t(f, UnicodeEncodeError('ascii', 'aé€b', 1, 3, 'r')); t(f, UnicodeDecodeError('utf-8', b'a\xff\x80b', 1, 3, 'r')); t(f, UnicodeTranslateError('aé€b', 1, 3, 'r')); t(f, ValueError('x')); t(f, 5)
for n in ['utf8', 'UTF-8', 'utf_8', 'Latin1', 'ISO-8859-1', 'ascii', 'utf-16', 'cp1252', 'rot13', 'hex', 'base64', 'zip', 'punycode', 'idna', 'nope', 'utf 8']:
    try: i = codecs.lookup(n); print(n, i.name, i._is_text_encoding)
    except Exception as e: print(n, type(e).__name__, e)
t(codecs.encode, 'abc', 'rot13'); t(codecs.decode, b'6162', 'hex'); t(codecs.encode, b'ab', 'hex'); t(codecs.encode, b'ab', 'base64'); t('a'.encode, 'rot13'); t(b'61'.decode, 'hex'); t('bücher.de'.encode, 'idna'); t('bücher'.encode, 'punycode'); t(codecs.encode, 'a', 5); t(codecs.encode, 'é'); t(codecs.decode, b'\xc3\xa9')
for enc in ['utf-8', 'utf-16', 'utf-32', 'utf-7', 'utf-8-sig', 'cp1252']:
    d = codecs.getincrementaldecoder(enc)(); data = 'aé€𝒳z'.encode(enc, 'replace'); out = []
    for i in range(len(data)): out.append(d.decode(data[i:i + 1]))
    out.append(d.decode(b'', True)); print(enc, ascii(''.join(out)), d.getstate()); e = codecs.getincrementalencoder(enc)(); print(b''.join([e.encode(c) for c in 'ab']), e.getstate())
import io
r = codecs.getreader('utf-8')(io.BytesIO('aé\nb€'.encode())); t(r.readline); t(r.read); w = codecs.getwriter('utf-16-le')(io.BytesIO()); w.write('aé'); t(w.stream.getvalue)
t(codecs.escape_decode, rb'a\n\x41\101\q'); t(codecs.escape_encode, b"a'\n\xff\\"); t(codecs.escape_decode, b'\\x4'); t(codecs.escape_decode, b'\\'); t(codecs.charmap_build, 'abc') if False else None; t(codecs.charmap_decode, b'ab', 'strict', {97: 'x', 98: None}); t(codecs.charmap_decode, b'ab', 'strict', {97: 'xy', 98: 0x20ac}); t(codecs.charmap_decode, b'ab', 'strict', 'xyz' * 40); t(codecs.charmap_encode, 'ab', 'strict', {97: 120, 98: b'yy'}); t(codecs.charmap_encode, 'ab', 'replace', {97: 120, 63: 63}); t(codecs.charmap_encode, 'a', 'strict', {97: 'x'}); t(codecs.charmap_decode, b'a', 'strict', {97: 1.5}); t(codecs.utf_16_ex_decode, b'\xff\xfea\x00', 'strict', 0, True); t(codecs.utf_8_decode, b'a\xe2\x82'); t(codecs.utf_8_decode, b'a\xe2\x82', 'strict', True); t(codecs.readbuffer_encode, 'é'); t(codecs.latin_1_encode, 5); t(codecs.unicode_escape_decode, 'é\\n'); t(codecs.unicode_escape_decode, b'a\\u12', 'strict', False)
def search(name): return (lambda s, e='strict': (b'ENC', len(s)), lambda b, e='strict': ('DEC', len(b)), None, None) if name == 'mycodec' else None
codecs.register(search); t('x'.encode, 'mycodec'); t(b'x'.decode, 'MyCodec'); codecs.unregister(search); t('x'.encode, 'mycodec'); t(codecs.register, 5)
codecs.register(lambda n: 5 if n == 'bad5' else None); t('x'.encode, 'bad5')
codecs.register(lambda n: codecs.CodecInfo(lambda s, e='strict': ('notbytes', 1), lambda b, e='strict': (b'notstr', 1), name=n) if n == 'badtype' else None); t('x'.encode, 'badtype'); t(b'x'.decode, 'badtype')
print(sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())

# escapes that are none, names as search functions get them, surrogates cut in two, what is left to handlers, errors that name the codec
import codecs, warnings
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    print(codecs.escape_decode(rb"\q\400"), codecs.unicode_escape_decode(rb"\777\y"), rb"\z".decode("unicode_escape"))
print([str(w.message) for w in seen])
def search(name):
    names.append(name)
names = []
codecs.register(search)
for name in ("X  y-Z", "..a--b_", "\u20aca\xe9-8"):
    try: codecs.lookup(name)
    except LookupError as e: print(e)
print(names)
for i in (1, 2):
    d = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    print(ascii(d.decode(b"\xed\xa4\x81"[:i])), ascii(d.decode(b"\xed\xa4\x81"[i:], True)))
try: "[\udc80\ud800\udfff]".encode("utf-8", "surrogateescape")
except UnicodeEncodeError as e: print(e.start, e.end)
print(ascii(b"a+IKwgrNgB\xffb".decode("utf-7", "replace")))
class Mine(RuntimeError): pass
def fail(*a): raise mine
codecs.register(lambda name: codecs.CodecInfo(fail, fail, name=name) if name == "failing" else None)
for mine in (Mine("m"), KeyError("k"), AttributeError("a"), OSError(1, "o"), ValueError(1)):
    try: "x".encode("failing")
    except Exception as e: print(type(e), e, repr(e.__cause__))
mine = ValueError("kept"); mine.note = 1
try: codecs.decode("x", "failing")
except Exception as e: print(type(e), e, repr(e.__cause__))
for wrong in (UnicodeError("u"), 42):
    try: codecs.replace_errors(wrong)
    except TypeError as e: print(e)
