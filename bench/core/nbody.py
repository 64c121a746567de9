# Float arithmetic: five bodies under gravity, advanced step by step; positions and speeds in lists.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
PI = 3.141592653589793
SUN = 4 * PI * PI
YEAR = 365.24


def system():
    """[position, speed, mass] of the Sun and the four large planets."""
    return [
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], SUN),
        ([4.84, -1.16, -0.10], [0.00166 * YEAR, 0.0077 * YEAR, -0.00007 * YEAR], 0.00095 * SUN),
        ([8.34, 4.12, -0.4], [-0.00277 * YEAR, 0.005 * YEAR, 0.00002 * YEAR], 0.00029 * SUN),
        ([12.89, -15.11, -0.22], [0.003 * YEAR, 0.0024 * YEAR, -0.00003 * YEAR], 0.000044 * SUN),
        ([15.38, -25.92, 0.18], [0.0027 * YEAR, 0.0016 * YEAR, -0.0001 * YEAR], 0.000052 * SUN),
    ]


def advance(bodies, pairs, dt, steps):
    for _ in range(steps):
        for (p, v, m), (q, w, k) in pairs:
            x = p[0] - q[0]
            y = p[1] - q[1]
            z = p[2] - q[2]
            mag = dt * ((x * x + y * y + z * z) ** -1.5)
            a = m * mag
            b = k * mag
            v[0] -= x * b
            v[1] -= y * b
            v[2] -= z * b
            w[0] += x * a
            w[1] += y * a
            w[2] += z * a
        for p, v, _m in bodies:
            p[0] += dt * v[0]
            p[1] += dt * v[1]
            p[2] += dt * v[2]


def energy(bodies, pairs):
    e = 0.0
    for (p, _v, m), (q, _w, k) in pairs:
        x, y, z = p[0] - q[0], p[1] - q[1], p[2] - q[2]
        e -= m * k / (x * x + y * y + z * z) ** 0.5
    for _p, v, m in bodies:
        e += m * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2.0
    return e


def main():
    bodies = system()
    pairs = [(bodies[i], bodies[j]) for i in range(5) for j in range(i + 1, 5)]
    advance(bodies, pairs, 0.01, max(1, int(150000 * SCALE)))
    return repr(energy(bodies, pairs))


print(main())
