# str: methods, messages, formatting.
def t(f, *a, **k):
    try:
        r = f(*a, **k)
        print(ascii(r), type(r).__name__)
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))

samples = ['', 'a', 'Hello, World', 'straße', 'ΑΣ ΟΔΟΣ', 'ﬁne', 'ǆ', 'İstanbul', 'a\tb\tcd', '  x y  z ', 'a,b,,c', '\u2028x\x85y\r\nz\n', '1²३', '𝒳𐐀', 'naïve\xa0café', '_ab1', 'A1 b2', 'Title Case', "it's", '"both\'s"', '\x00\x7f\xad\ud800\U0010ffff']
for s in samples:
    for m in 'capitalize casefold lower upper title swapcase strip lstrip rstrip split rsplit splitlines expandtabs isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper __len__ __repr__ __hash__'.split():
        if m == '__hash__':
            t(lambda: hash(s) == hash(s + ''))
            continue
        t(getattr(s, m))
    t(s.splitlines, True)
    t(s.split, ' '); t(s.split, None, 1); t(s.rsplit, None, 1); t(s.rsplit, ',', 1); t(s.partition, ','); t(s.rpartition, ' ')
    t(s.center, 20); t(s.center, 21, '*'); t(s.ljust, 20, 'é'); t(s.rjust, 20); t(s.zfill, 15)
    t(s.replace, 'a', 'XY'); t(s.replace, '', '-'); t(s.replace, '', '-', 2); t(s.replace, 'l', 'é', 1); t(s.replace, ' ', '')
    t(s.find, 'o'); t(s.rfind, 'o'); t(s.count, 'l'); t(s.count, ''); t(s.find, 'o', 2, -1); t(s.startswith, 'H'); t(s.endswith, ('d', 'c'))
    t(lambda: s[::-1]); t(lambda: s[1:4]); t(lambda: s[-3:]); t(lambda: s * 3); t(lambda: s + 'é'); t(lambda: list(s)); t(lambda: s[0])
    for e in 'utf-8 latin-1 ascii utf-16 utf-32-be unicode_escape raw_unicode_escape utf-7 cp1252'.split():
        for h in 'strict ignore replace backslashreplace xmlcharrefreplace namereplace surrogateescape surrogatepass'.split():
            t(s.encode, e, h)
for f in [lambda: 'a'.find(1), lambda: 'a'.count(None), lambda: 'a'.startswith(1), lambda: 'a'.endswith((1,)), lambda: 'a'.split(1), lambda: 'a'.split(''), lambda: 'a'.replace(1, 'x'),
          lambda: 'a'.replace('x', 1), lambda: 'a'.join(1), lambda: 'a'.join([1]), lambda: 'a'.join(['x', None]), lambda: 'a'.partition(''), lambda: 'a'.partition(1), lambda: 'a'.center('x'), lambda: 'a'.center(5, 'xy'),
          lambda: 'a'.center(5, 1), lambda: 'a'.strip(1), lambda: 'a'.index('b'), lambda: 'a'.rindex('b'), lambda: 'a' + 1, lambda: 1 + 'a', lambda: 'a' * 'b', lambda: 'a' * 1.5, lambda: 'a'[5], lambda: 'a'['x'], lambda: 'a'[1.0],
          lambda: 1 in 'a', lambda: 'a' < 1, lambda: 'a'.encode('nope'), lambda: 'é'.encode('ascii', 'nope'), lambda: 'a'.encode(1), lambda: 'a'.encode(errors=1), lambda: str(b'a', 'ascii'), lambda: str(b'\xff', 'ascii'),
          lambda: str('a', 'ascii'), lambda: str(1, 'ascii'), lambda: str(object=5), lambda: 'abc'.translate({97: 'é', 98: None, 99: 0x10ffff}), lambda: 'abc'.translate({97: 1.5}), lambda: 'abc'.translate({97: -1}), lambda: 'a'.translate(5),
          lambda: str.maketrans('ab', 'c'), lambda: str.maketrans('ab', 'cd', 'e'), lambda: str.maketrans({'a': 1, 2: None}), lambda: str.maketrans({'ab': 1}), lambda: str.maketrans(1), lambda: str.maketrans(1, 'a'),
          lambda: 'a'.removeprefix(1), lambda: 'abc'.removeprefix('a'), lambda: 'abc'.removesuffix('bc'), lambda: 'abc'.removesuffix(''), lambda: 'a'.expandtabs('x'), lambda: 'a\tb'.expandtabs(0), lambda: 'a\tb'.expandtabs(tabsize=3),
          lambda: 'a'.zfill('x'), lambda: '+1'.zfill(5), lambda: '-1'.zfill(5), lambda: 'a'.isidentifier(1), lambda: 'a'.nope, lambda: str(1, 2, 3, 4), lambda: 'abc'.find('b', 'x'), lambda: 'abc'.find('c', -2), lambda: 'abc'.find('', 5), lambda: 'a'.__getnewargs__()]:
    t(f)
# format
for f in [lambda: '{}{}'.format(1, 2), lambda: '{1}{0}'.format(1, 2), lambda: '{a}{b[0]}{c.real}'.format(a=1, b=[2], c=3), lambda: '{:>10}|{:<5}|{:^7}'.format('a', 'b', 'c'), lambda: '{!r}{!s}{!a}'.format('é', 'é', 'é'),
          lambda: '{0:{1}}'.format('a', '>5'), lambda: '{:{}.{}f}'.format(3.14159, 10, 2), lambda: '{{}}'.format(), lambda: '{'.format(), lambda: '}'.format(), lambda: '{0'.format(1), lambda: '{} {0}'.format(1), lambda: '{0} {}'.format(1),
          lambda: '{2}'.format(1), lambda: '{a}'.format(), lambda: '{0.x}'.format(1), lambda: '{0[x]}'.format({'x': 5}), lambda: '{0[5]}'.format([1]), lambda: '{!x}'.format(1), lambda: '{!}'.format(1), lambda: '{!rx}'.format(1), lambda: '{0[}'.format(1), lambda: '{0.}'.format(1), lambda: '{0[0}'.format([1]),
          lambda: '{0[0]x}'.format([1]), lambda: '{:{:{}}}'.format(1, 2, 3), lambda: '{a.b}'.format_map({'a': 1}), lambda: '{a}'.format_map({'a': 'z'}), lambda: '{}'.format_map({}), lambda: '{:d}'.format('a'), lambda: '{:5}'.format(None), lambda: '{:+}'.format('a'), lambda: '{:=5}'.format('a'),
          lambda: '{:#}'.format('a'), lambda: '{:.2}'.format('abc'), lambda: '{:,}'.format('abc'), lambda: '{: }'.format('abc'), lambda: '{:05}'.format('abc'), lambda: format('abc', '*^9s'), lambda: format('abc', 5), lambda: '{0!r:>8}'.format('x'), lambda: '{:é>5}'.format('ab'), lambda: f'{"a":>{5}}',
          lambda: '{0[a]}{0[b c]}'.format({'a': 1, 'b c': 2}), lambda: '{99999999999999999999}'.format(1), lambda: '{:%Y}'.format('a'), lambda: 'x{}y'.format('é€'), lambda: '{0}'.format(*[1]), lambda: '{a!r}'.format(**{'a': 'b'})]:
    t(f)
# percent
class M:
    def __getitem__(self, k): return k * 2
class I:
    def __index__(self): return 7
for f in [lambda: '%s' % 1, lambda: '%d %s' % (1, 'x'), lambda: '%5d|%-5d|%05d|%+d|% d' % (1, 2, 3, 4, 5), lambda: '%x %X %#x %o %#o' % (255, 255, 255, 8, 8), lambda: '%e %E %f %g %G' % (1.5, 1e100, 2.5, 1e-10, 1e20), lambda: '%.3f %10.2f|%-10.2f|%+.1f' % (1.23456, 2.5, 2.5, 3.0),
          lambda: '%c%c' % ('a', 98), lambda: '%r %a' % ('é', 'é'), lambda: '%5s|%-5s|%.2s' % ('ab', 'ab', 'abc'), lambda: '%%' % (), lambda: '%%', lambda: '%(a)s %(b)d' % {'a': 1, 'b': 2}, lambda: '%(a)s' % {}, lambda: '%(a)s' % M(), lambda: '%*d|%-*d' % (5, 1, 5, 2), lambda: '%.*f' % (2, 3.14159),
          lambda: '%d' % 'a', lambda: '%d' % 1.9, lambda: '%x' % 1.5, lambda: '%i' % I(), lambda: '%c' % 'ab', lambda: '%c' % -1, lambda: '%c' % 0x110000, lambda: '%s %s' % 1, lambda: '%s' % (1, 2), lambda: 'a' % 1, lambda: '%' % 1, lambda: '%y' % 1, lambda: '%(a' % {}, lambda: '%s %(a)s' % {'a': 1}, lambda: '%(a)s' % 1,
          lambda: '%f' % 'x', lambda: '%*d' % ('a', 1), lambda: '%d' % 10**30, lambda: '%x' % -10**20, lambda: '%#X' % 255, lambda: '%.5d' % 42, lambda: '%+.3e' % 12345.678, lambda: '%s' % (('a', 1),), lambda: '%s' % [1], lambda: 'x' % [], lambda: 'x' % {}, lambda: '%5%|' % (), lambda: '%ld %hd' % (1, 2), lambda: '%.0f' % 0.5, lambda: '%f' % float('inf'), lambda: '%05f' % float('-inf'), lambda: '%s é %s' % ('a', '€'), lambda: '%-5c|' % 'x', lambda: '%(a)5.1f' % {'a': 2.25}, lambda: '%b' % b'x', lambda: '%010x' % -255, lambda: '%#010x' % 255, lambda: '%s' % None, lambda: '%d' % True]:
    t(f)
class S(str):
    def __str__(self): return 'S!'
    def __repr__(self): return 'SR'
s = S('abc')
print(s + 'x', type(s + 'x').__name__, type(s.upper()).__name__, type(s[:]).__name__, type(s.strip()).__name__, type(s * 1).__name__, '%s' % s, '{}'.format(s), f'{s}', str(s), repr(s), ''.join([s]), s == 'abc', hash(s) == hash('abc'))
print(type(iter('a')).__name__, list(iter('héy')), 'a' 'b' is 'ab', sorted(['é', 'z', 'a', '𝒳', '€']), max('héllo'), 'é' < 'z', 'a' < 'ab', '€' > 'é')
for x in ['x', 'é', '€', '𝒳']:
    for y in ['abcabc' * 5 + 'xyz', 'é' * 30 + 'x', '€é' * 10 + 'x', '𝒳é€x' * 9]:
        print(y.find(x), y.rfind(x), y.count(x), x in y, (x + x) in y, y.replace(x, '')[:5].encode('unicode_escape'), y.split(x)[-1].encode('unicode_escape'), ascii(y.strip(x)[:4]))
