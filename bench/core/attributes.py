# Attribute and method calls: plain attributes, slots, inheritance, a property, super().
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


class Shape:
    sides = 0

    def __init__(self, name):
        self.name = name
        self.moves = 0

    def move(self, dx, dy):
        self.moves += 1
        self.x += dx
        self.y += dy

    def describe(self):
        return self.sides + self.moves


class Box(Shape):
    sides = 4

    def __init__(self, name, w, h):
        super().__init__(name)
        self.x = self.y = 0
        self.w = w
        self.h = h

    @property
    def area(self):
        return self.w * self.h

    def describe(self):
        return super().describe() + 1


class Node:
    __slots__ = ("value", "next")

    def __init__(self, value, next):
        self.value = value
        self.next = next


def walk(node):
    total = 0
    while node is not None:
        total += node.value
        node.value = total & 1023
        node = node.next
    return total


def main():
    total = 0
    box = Box("b", 3, 4)
    chain = None
    for i in range(100):
        chain = Node(i, chain)
    for i in range(max(1, int(80000 * SCALE))):
        for _ in range(10):
            box.move(1, 2)
            total += box.area + box.describe()
        other = Box("other", i, 2)
        total += other.area + other.sides
        if i % 4 == 0:
            total += walk(chain)
    return total, box.x, box.y


print(main())
