# csv: readers, writers, dialects.
import csv, io
def t(f, *a, **k):
    try: print(ascii(f(*a, **k)))
    except Exception as e: print(type(e).__name__, ascii(str(e)))
def rd(s, **k): return list(csv.reader(io.StringIO(s, newline=''), **k))
def wr(rows, **k):
    f = io.StringIO(newline=''); w = csv.writer(f, **k); w.writerows(rows); return f.getvalue()
for s in ['', 'a,b,c\r\n', 'a,"b,c",d\n', '"a""b",c\n', '"a\nb",c\n', 'a,b\n\nc\n', ' a, b\n', '"a"b,c\n', 'a"b,c\n', '"abc', 'a,', ',\n', '""\n', 'a\rb\n', '1,2.5,"x"\n', "'a','b'\n", 'a\\,b,c\n', '"a\\"b"\n', 'x\ty\n', 'é,€\n', '"a" ,b\n', '\n', '"', '"a""']:
    t(rd, s); t(rd, s, delimiter='\t'); t(rd, s, quotechar="'"); t(rd, s, escapechar='\\'); t(rd, s, doublequote=False, escapechar='\\'); t(rd, s, quoting=csv.QUOTE_NONE); t(rd, s, quoting=csv.QUOTE_NONNUMERIC); t(rd, s, skipinitialspace=True); t(rd, s, strict=True); t(rd, s, dialect='excel-tab'); t(rd, s, dialect=csv.unix_dialect)
for rows in [[['a', 'b']], [['a,b', 'c"d', 'e\nf', '']], [[1, 2.5, None, True]], [[]], [['']], [[None]], [['a', ''], ['', 'b']], [['é', '€']], ['ab'], [['a\\b']], [[' x ']], [["it's"]], 5, [5], [['a\r']], [[float('nan'), 10**20]]]:
    t(wr, rows); t(wr, rows, quoting=csv.QUOTE_ALL); t(wr, rows, quoting=csv.QUOTE_NONNUMERIC); t(wr, rows, quoting=csv.QUOTE_NONE, escapechar='\\'); t(wr, rows, quoting=csv.QUOTE_NONE); t(wr, rows, doublequote=False, escapechar='\\'); t(wr, rows, doublequote=False); t(wr, rows, lineterminator='\n', delimiter=';'); t(wr, rows, quotechar="'"); t(wr, rows, dialect='unix')
for f in [lambda: csv.reader(5), lambda: csv.reader([], 'nope'), lambda: csv.reader([], delimiter='ab'), lambda: csv.reader([], delimiter=''), lambda: csv.reader([], delimiter=5), lambda: csv.reader([], delimiter=None), lambda: csv.reader([], quotechar=''), lambda: csv.reader([], quotechar=None, quoting=csv.QUOTE_ALL), lambda: csv.reader([], quoting=9), lambda: csv.reader([], quoting='x'), lambda: csv.reader([], lineterminator=5), lambda: csv.writer(5), lambda: csv.writer(), lambda: csv.reader(), lambda: list(csv.reader([b'a'])), lambda: list(csv.reader([1])), lambda: csv.list_dialects(), lambda: csv.get_dialect('nope'), lambda: csv.get_dialect('excel').delimiter, lambda: csv.unregister_dialect('nope'), lambda: csv.register_dialect(5), lambda: csv.field_size_limit(), lambda: csv.field_size_limit('x'), lambda: csv.Sniffer().sniff('a;b;c\n1;2;3\n').delimiter, lambda: csv.Sniffer().has_header('a,b\n1,2\n3,4\n')]:
    t(f)
csv.register_dialect('mine', delimiter='|', quoting=csv.QUOTE_ALL); t(wr, [['a', 1]], dialect='mine'); d = csv.get_dialect('mine'); print(d.delimiter, d.quoting, d.lineterminator == '\r\n', d.quotechar, d.escapechar, d.doublequote, d.skipinitialspace, d.strict); csv.unregister_dialect('mine')
r = csv.reader(['a,b', '"c', 'd",e']); print(next(r), r.line_num, next(r), r.line_num, r.dialect.delimiter); t(next, r)
old = csv.field_size_limit(5); t(rd, 'abcdefgh\n'); csv.field_size_limit(old)
t(lambda: list(csv.DictReader(io.StringIO('a,b\n1,2\n3\n4,5,6\n')))); f = io.StringIO(newline=''); w = csv.DictWriter(f, ['x', 'y'], restval='-', extrasaction='ignore'); w.writeheader(); w.writerow({'x': 1, 'z': 3}); t(f.getvalue)
class Dia(csv.Dialect): delimiter = ':'; quotechar = '"'; lineterminator = '\n'; quoting = csv.QUOTE_MINIMAL
t(wr, [['a', 'b:c']], dialect=Dia); t(wr, [['a', 'b:c']], dialect=Dia()); t(lambda: csv.excel.delimiter); t(lambda: issubclass(csv.Error, Exception))
