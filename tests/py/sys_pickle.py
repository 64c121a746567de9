import pickle, pickletools, io, collections, datetime, sys, enum
class A:
    def __init__(s,x): s.x=x
    def __eq__(s,o): return type(o) is A and s.__dict__==o.__dict__
class S:
    __slots__=('a','b')
class E(enum.Enum): X=1
class L(list): pass
s=S(); s.a=1
r=[]; r.append(r); d={}; d['d']=d; t=([],); t[0].append(t)
objs=[None,True,1,-1,255,256,65535,65536,2**31,-2**31,-2**31-1,2**63,2**2000,-2**127,0.5,1e300,'x','é\n\\','\ud800',b'',b'abc',bytes(300),bytearray(b'q'),(),(1,),(1,2,3),(1,2,3,4),[1],[1,2],list(range(2500)),{1:2},{i:i for i in range(2500)},{1,2},frozenset([1]),A(5),E.X,len,A,collections.OrderedDict(a=1),datetime.date(2020,1,2),slice(1,2),range(5),...,NotImplemented,type(None),complex(1,2),L([1]),collections.Counter('aab'),'x'*70000,b'y'*70000]
for p in range(6):
    for o in objs+[r,d,t]:
        x=pickle.dumps(o,p); y=pickle._dumps(o,p)
        if x!=y: print('DIFF',p,repr(o)[:50],x[:60],y[:60])
        z=pickle.loads(x); w=pickle._loads(x)
        if o not in (r,d,t) if not isinstance(o,(dict,list,tuple)) else o is not r and o is not d and o is not t:
            if z!=o and not isinstance(o,S): print('LOAD',p,repr(o)[:50],repr(z)[:50])
        z2=pickle.load(io.BytesIO(x))
f=io.BytesIO()
for o in objs: pickle.dump(o,f)
f.seek(0)
print(sum(pickle.load(f)==o for o in objs)==len(objs))
# persistent ids, reducers, tables of one's own, out-of-band buffers, errors
class P(pickle.Pickler):
    def persistent_id(self, o): return ('pid', o[1:]) if isinstance(o, str) and o.startswith('@') else None
class U(pickle.Unpickler):
    def persistent_load(self, pid): return pid[1].upper()
    def find_class(self, m, n): print('find', m, n); return super().find_class(m, n)
for p in (1, 2, 4):
    f = io.BytesIO(); P(f, p).dump(['@a', 'b', '@a', len, A]); f.seek(0); print(U(f).load())
class R(pickle.Pickler):
    def reducer_override(self, o): return (str, ('overridden',)) if o is print else NotImplemented
f = io.BytesIO(); R(f).dump([print, len]); print(pickle.loads(f.getvalue()))
f = io.BytesIO(); p = pickle.Pickler(f, 3); p.dispatch_table = {A: lambda a: (list, ([a.x],))}; p.dump(A(3)); print(pickle.loads(f.getvalue()))
f = io.BytesIO(); p = pickle.Pickler(f); x = ['shared']; p.dump(x); p.dump(x); f.seek(0); u = pickle.Unpickler(f); a = u.load(); print(u.load() is a, len(p.memo.copy()), len(u.memo.copy()))
bufs = []; b = bytearray(b'big'); d = pickle.dumps([pickle.PickleBuffer(b)], 5, buffer_callback=bufs.append); print(d, pickle.loads(d, buffers=bufs)[0] is bufs[0], bytes(bufs[0].raw()))
def tried(f, *a, **k):
    try: return f(*a, **k)
    except Exception as e: return f'{type(e).__name__}: {e}'
for x in (b'', b'.', b'N', b'\x80\x09N.', b'a.', b'(.', b'cno_such_module\nx\n.', b'g5\n.', b'K', b'\xff.', b'Vabc', b'(t(', b'\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f', b'cbuiltins\nlist\nNR.'):
    print(x, tried(pickle.loads, x))
print(tried(pickle.dumps, lambda: 0)[:40], tried(pickle.dumps, 1, 9), tried(pickle.dump, 1, 2), tried(pickle.load, 1), tried(pickle.dumps, pickle.PickleBuffer(b''), 4))
class Bad:
    def __reduce__(self): return 5
print(tried(pickle.dumps, Bad()), tried(pickle.PickleBuffer(b'x').release))
