# Big lists and dicts that threads share, changed by blocks that are undone or not, against plain ones.
from apodora import atomic
import threading, random, collections
def go():
    r=random.Random(7)
    L=list(range(1000)); P=list(L)
    D={i:str(i) for i in range(500)}; Q=dict(D)
    OD=collections.OrderedDict((i,i) for i in range(400)); OP=collections.OrderedDict(OD)
    DD=collections.defaultdict(list); 
    for i in range(300): DD[i].append(i)
    C=collections.Counter()
    box=[L,D,OD,DD,C]
    globals()['box']=box
    done=threading.Event()
    t=threading.Thread(target=done.wait)
    t.start()
    for n in range(300):
        k=r.randrange(16); i=r.randrange(len(P))
        def change(L,D,OD):
            if k==0: L[i]=n
            elif k==1: L.append(n)
            elif k==2: L.pop()
            elif k==3: L.insert(i,n)
            elif k==4: L[i:i+5]=[1,2,3]
            elif k==5: L[::7]=[0]*len(L[::7])
            elif k==6: L.extend(range(3))
            elif k==7: L+= (n,)
            elif k==8: L.remove(L[i])
            elif k==9: L.reverse()
            elif k==10: L.sort(key=str)
            elif k==11: D[i]=n; D.pop(i*3%500,None); D.setdefault(-i,5); OD.move_to_end(next(iter(OD)),last=bool(n%2)); OD[n+1000]=1
            elif k==12: del L[i]
            elif k==13: D.update({n:1,-n:2}); D.popitem(); OD.popitem(last=bool(n%2))
            elif k==14: a,*b=L; L.append(a)
            elif k==15: L*=1; L.append(L.index(L[i])); D[f's{n}']=L[-1]
        class Undo(Exception): pass
        try:
            with atomic:
                change(L,D,OD)
                if n%3==0:
                    try:
                        with atomic:
                            L.append(99); D['x']=1; OD.clear(); L.clear(); raise Undo
                    except Undo: pass
        except Undo: pass
        change(P,Q,OP)
        try:
            with atomic:
                L.append('bad'); D['bad']=1; L[0]='bad'; OD['bad']=1; D.clear(); raise Undo
        except Undo: pass
        assert L==P and list(reversed(L))==P[::-1], (n,k)
        assert D==Q and list(D)==list(Q) and list(D.items())==list(Q.items()) and list(reversed(D))==list(reversed(Q)), (n,k)
        assert OD==OP and list(OD)==list(OP), (n,k)
        assert ','.join(map(str,L))==','.join(map(str,P)) and L[3:50]==P[3:50] and L.count(0)==P.count(0) and tuple(L)==tuple(P) and sorted(map(str,L))==sorted(map(str,P))
        assert len(L)==len(P) and (5 in L)==(5 in P) and L[-1]==P[-1] and L*2==P*2 and L+[1]==P+[1] and set(D)==set(Q)
    done.set(); t.join()
    print('fine',len(L),len(D),len(OD))
go()
# expect: fine 1045 529 406
