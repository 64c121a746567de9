# re: matching, groups, substitution, scanning.
import re
def t(f, *a, **k):
    try:
        r = f(*a, **k)
        if isinstance(r, re.Match): r = (r.group(), r.span(), r.groups(), r.lastindex, r.lastgroup, r.regs, r.groupdict())
        print(ascii(r))
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))
pats = [r'a', r'a*', r'a+?b', r'(a|b)*c', r'(a)(b)?', r'(?P<x>a)|(?P<y>b)', r'^a$', r'\bfoo\b', r'\Boo', r'[a-z]+', r'[^a-z]+', r'\d+', r'\w+\s*', r'(?i)FOO', r'(?i)straSSe|ſ|K', r'(\w)\1', r'(?=foo)f', r'(?!foo)\w+', r'(?<=f)o', r'(?<!f)o', r'(?:ab){2,3}', r'(?:ab){2,3}?',
        r'(a*)*', r'(a*)+b', r'(?:a|ab)(?:c|bcd)(d*)', r'.*?x', r'(?s).+', r'.+', r'(?m)^\w', r'(?m)\w$', r'\A\w', r'\w\Z', r'(?x) a  b # c', r'(a)?(?(1)b|c)', r'(?>a+)b', r'a++b', r'(?:ab)++c', r'(?:a|b)*+b', r'[\u0100-\u0200]', r'[éà]+', r'(?i)[É-Ü]+', r'(?a)\w+', r'\S+@\S+', r'(((a)b)c)?', r'x*', r'(?:x|y|z)+?$', r'(.)(.)\2\1', r'[]a]', r'[^]a]', r'\$\{(\w+)\}', r'(?P<q>["\']).*?(?P=q)', r'(a|ab)(bc|c)?$', r'(?:(a)|b)*', r'^(?:(\d+)|(\w+))+$', r'a{0}b', r'a{,2}', r'(?i:a)b', r'(?-i:A)(?i:b)', r'[\w.]+', r'(?:)', r'\x41|\u0042', r'[\d\-x]+', r'\.', r'(?=(a))', r'(?=(\w))\1?']
texts = ['', 'a', 'aab', 'abcabc', 'foo foofoo', 'FOO Straße ſK', 'aaa bbb ccc', 'abababab', 'line1\nline2\n', 'ĀāĂ é à É', 'x@y.z ${var} "q\'q"', 'abba xyyx', 'ab', '12ab 34', 'b' * 20 + 'x']
for p in pats:
    c = re.compile(p)
    print(ascii(c.pattern), c.groups, c.flags, dict(c.groupindex))
    for s in texts:
        t(c.match, s); t(c.search, s); t(c.fullmatch, s); t(c.findall, s); t(c.split, s); t(c.sub, '<\\g<0>>', s); t(c.subn, lambda m: '[' + m.group().upper() + ']', s, 2); t(lambda: [m.span() for m in c.finditer(s)])
        t(c.search, s, 1); t(c.search, s, 1, 3); t(c.match, s, 2)
for p in [rb'a+', rb'[\x80-\xff]+', rb'(?i)ABC', rb'\w+', rb'(?L)\w+', rb'^\d$']:
    c = re.compile(p)
    for s in [b'aab', b'\xe9\xe8abc', bytearray(b'xABCabc'), memoryview(b'5')]:
        t(c.search, s); t(c.findall, s); t(c.sub, b'-', s); t(c.split, s)
for f in [lambda: re.compile('('), lambda: re.compile('[a'), lambda: re.compile('*'), lambda: re.compile('a{3,2}'), lambda: re.compile(r'\1'), lambda: re.compile('(?P<a>x)(?P<a>y)'), lambda: re.search('a', b'a'), lambda: re.search(b'a', 'a'), lambda: re.search('a', 5), lambda: re.match('(a)', 'a').group(2), lambda: re.match('(a)', 'a').group('x'), lambda: re.match('(?P<x>a)', 'a')['x'], lambda: re.match('(a)(b)?', 'a').groups('z'), lambda: re.match('(a)(b)', 'ab').group(1, 2, 0), lambda: re.match('(a)(b)?', 'a').start(2),
          lambda: re.match('a', 'a').expand(r'x\g<0>\n'), lambda: re.sub('(a)(b)?', r'[\1\2]', 'a ab'), lambda: re.sub('a', r'\5', 'a'), lambda: re.sub('a', r'\g<x>', 'a'), lambda: re.sub('a', '\\', 'a'), lambda: re.sub('(?P<n>a)', r'\g<n>\g<1>', 'a'), lambda: re.sub('x*', '-', 'abxd'), lambda: re.sub('a', lambda m: None, 'bab'), lambda: re.sub('a', lambda m: 5, 'a'), lambda: re.sub('a', 5, 'a'), lambda: re.sub(b'a', b'\\x', b'a'), lambda: re.split('(,)|;', 'a,b;c'), lambda: re.split('x*', 'axbc'), lambda: re.split(r'\b', 'a b'), lambda: re.split(',', 'a,b,c', maxsplit=1), lambda: re.escape('a.b*c é'), lambda: repr(re.compile('a', re.I | re.X)), lambda: repr(re.compile(b'a\n')), lambda: repr(re.compile('x' * 300)), lambda: repr(re.match('(.)', 'é')), lambda: repr(re.match('.*', 'x' * 100)),
          lambda: re.compile('a') == re.compile('a'), lambda: re.compile('a') == re.compile('a', re.I), lambda: hash(re.compile('a')) == hash(re.compile('a')), lambda: re.match('a', 'a').string, lambda: re.compile('a').scanner('aab').search().span(), lambda: [m.group() for m in iter(re.compile('.').scanner('abc').search, None)], lambda: re.Scanner([(r'\d+', lambda s, x: int(x)), (r'\w+', lambda s, x: x), (r'\s+', None)]).scan('a 1 b2'), lambda: re.fullmatch('a|ab', 'ab').span(), lambda: re.findall('(?=(..))', 'abcd'), lambda: re.compile('(?P<a>x)').groupindex, lambda: re.Pattern[str], lambda: __import__('copy').deepcopy(re.compile('a')) is re.compile('a'), lambda: __import__('pickle').loads(__import__('pickle').dumps(re.compile('a(b)', re.I))), lambda: re.search('(?:a|b|c|d){1000}', 'abcd' * 300).end(), lambda: re.match('(?:a?){16}a{16}', 'a' * 16).end(), lambda: re.match('(a*)*', 'a' * 1000).end(), lambda: len(re.findall(r'(?:(?:a)|b)', 'ab' * 5000)), lambda: re.search('(x+x+)+y', 'x' * 15), lambda: re.match(r'(?:.|\n)*', 'a\n' * 50000).end(), lambda: re.sub('(?m)^', '> ', 'a\nb\n'), lambda: re.sub('é', 'e', 'café€'), lambda: re.sub('[a-z]', lambda m: m[0].upper(), 'héllo'), lambda: re.purge()]:
    t(f)
