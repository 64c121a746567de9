def f(n):
    out = ""
    keep = []
    for r in range(3):
        for i in range(n):
            out += "abcdefgh" + str(i)
        keep.append(out)
    return keep
k = f(100); print([len(x) for x in k], k[0] == k[1][:len(k[0])], len(set(k)))
def g():
    s = "é" * 100
    for i in range(50): s += "x"
    for i in range(50): s += "é"; s += "ü€"
    return s
print(len(g()), g()[-3:], hash(g()) == hash(g()))
def h():
    t = "x" * 100; u = t
    for i in range(3): t += "y"; 
    return t, u
print(h()[0][-5:], len(h()[1]))
def w():
    s = "q" * 80
    seen = []
    for i in range(5):
        s += "z"
        try:
            if i == 2: raise ValueError
        except ValueError: seen.append(s)
    return s, [len(x) for x in seen]
print(w()[1], len(w()[0]))
