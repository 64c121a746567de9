# conflicts.py: `apodora conflicts FILE [--html [OUT]] [--top N]`: what --trace-conflicts has recorded, ranked by the time lost.
import json
import sys

USAGE = """usage: apodora conflicts FILE [--top N]          the places that lost most time, as text
       apodora conflicts FILE --html [OUT]      one self-contained page (default: FILE.html; - is standard output)

FILE is what `apodora --trace-conflicts FILE program.py` has written."""


def fail(text, status=1):
    print("apodora conflicts: " + text, file=sys.stderr)
    raise SystemExit(status)


def load(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            lines = [json.loads(line) for line in f]
    except OSError as e:
        fail(f"{path}: {e.strerror}")
    except ValueError:
        fail(f"{path} is no trace of conflicts")
    if not lines or not isinstance(lines[0], dict) or lines[0].get("apodora") != "conflicts":
        fail(f"{path} is no trace of conflicts")
    if lines[0].get("format") != 1:
        fail(f"{path} is of a later version")
    return lines[0], [x for x in lines[1:] if x["e"] == "conflict"], sorted((x for x in lines[1:] if x["e"] == "thread"), key=lambda t: t["thread"])


class Spot:
    """Conflicts between the same two places about the same part of objects of one type."""
    def __init__(self, c):
        self.mine, self.theirs, self.type, self.what, self.wrote = c["mine"], c["theirs"], c["type"], c["what"], c["wrote"]
        self.count = self.lost = 0
        self.whats, self.names = {}, {}


def spots_of(conflicts):
    spots = {}
    for c in conflicts:
        key = (tuple(c["mine"] or ()), tuple(c["theirs"] or ()), c["type"], c["wrote"])
        s = spots.setdefault(key, Spot(c))
        s.count += 1
        s.lost += c["lost"]
        s.whats[c["what"]] = s.whats.get(c["what"], 0) + 1
        for name in (c["name"], c["their_name"]):
            if name and name not in ("atomic", "slice"):
                s.names[name] = True
    return sorted(spots.values(), key=lambda s: (-s.lost, -s.count))


def time_text(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns} ns"


_files = {}


def source(place):
    if not place:
        return ""
    path, line = place[0], place[1]
    if path not in _files:
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                _files[path] = f.read().split("\n")
        except OSError:
            _files[path] = []
    lines = _files[path]
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def place_text(place):
    return f"{place[0]}:{place[1]} in {place[2]}" if place else "(not known any more)"


def what_text(s):
    first = sorted(s.whats, key=s.whats.get, reverse=True)
    more = f" and {len(first) - 3} more" if len(first) > 3 else ""
    return f"{s.type}: " + ", ".join(first[:3]) + more


def verb(s):
    return "wrote" if s.wrote else "read"


def summary(head, conflicts):
    lost = sum(c["lost"] for c in conflicts)
    text = (f"{time_text(head['ns'])}, {head['commits'] + head['readonly']:,} commits ({head['readonly']:,} read-only), {len(conflicts) + head['dropped']:,} conflicts recorded, "
            f"{head['irrevocable']:,} irrevocable; {time_text(lost)} lost")
    return text + (f"; the first {len(conflicts):,} are shown" if head["dropped"] else "")


def as_text(head, conflicts, top):
    print(summary(head, conflicts))
    spots = spots_of(conflicts)
    if not spots:
        print("Nobody lost.")
    for i, s in enumerate(spots[:top], 1):
        names = f"  [{', '.join(s.names)}]" if s.names else ""
        print(f"\n{i}. {time_text(s.lost)} lost in {s.count:,} conflicts over {what_text(s)}{names}")
        print(f"   {verb(s):5} at {place_text(s.mine)}\n         {source(s.mine)}")
        print(f"   wrote at {place_text(s.theirs)}\n         {source(s.theirs)}")
    if len(spots) > top:
        print(f"\n{len(spots) - top} more (--top N)")


def escape(s):
    return str(s).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667; --line: #d8dce2; --back: #fff; --panel: #f6f7f9; --ok: #2e8b57; --bad: #d64541; --alone: #8e5bd0; --bar: #e8a33d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3ad; --line: #343a42; --back: #16191d; --panel: #1e2227; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; max-width: 1100px; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p { margin: .3rem 0; color: var(--soft); }
.legend span { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 1em; vertical-align: -1px; }
svg { width: 100%; height: auto; display: block; background: var(--panel); border-radius: 6px; } svg text { font-size: 11px; fill: var(--soft); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--soft); } th, td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } code, .src { font: 13px/1.4 ui-monospace, monospace; }
.src { display: block; background: var(--panel); border-left: 3px solid var(--line); padding: .15rem .5rem; margin: .15rem 0 .4rem; white-space: pre-wrap; }
.src.r { border-color: var(--bar); } .src.w { border-color: var(--bad); } .bar { height: 6px; background: var(--bar); border-radius: 3px; margin-top: 4px; } .where { color: var(--soft); font-size: 13px; }
"""
COLUMNS = 240


def timeline(head, threads):
    if not threads:
        return "<p>No transactions.</p>"
    total, left, width, row = max(head["ns"], 1), 70, 1000, 34
    per = total / COLUMNS
    out, most = [], 1
    rows = []
    for t in threads:
        cells = [[0, 0, 0] for _ in range(COLUMNS + 1)]
        for i, commits, aborts, alone in t["buckets"]:
            c = cells[min(COLUMNS, int(i * t["width"] / per))]
            c[0] += commits
            c[1] += aborts
            c[2] += alone
        rows.append((t["thread"], cells))
        most = max(most, max(c[0] + c[1] for c in cells))
    for n, (thread, cells) in enumerate(rows):
        base = n * row + row - 4
        out.append(f'<text x="6" y="{base - 8}">thread {thread}</text><line x1="{left}" x2="{left + width}" y1="{base}" y2="{base}" stroke="var(--line)"/>')
        for i, (commits, aborts, alone) in enumerate(cells):
            if not commits and not aborts:
                continue
            x, w = left + i * width / COLUMNS, width / COLUMNS
            h = (row - 10) * ((commits + aborts) / most) ** 0.5
            bad = h * aborts / (commits + aborts)
            tip = f"{time_text(int(i * per))}: {commits:,} commits, {aborts:,} runs lost" + (f", {time_text(alone * 1000)} irrevocable" if alone else "")
            out.append(f'<g><title>{tip}</title><rect x="{x:.1f}" y="{base - h:.1f}" width="{w:.1f}" height="{h - bad:.1f}" fill="var(--ok)"/>'
                       f'<rect x="{x:.1f}" y="{base - bad:.1f}" width="{w:.1f}" height="{bad:.1f}" fill="var(--bad)"/>'
                       + (f'<rect x="{x:.1f}" y="{base + 1}" width="{w:.1f}" height="3" fill="var(--alone)"/>' if alone else "") + "</g>")
    height = len(rows) * row + 18
    marks = "".join(f'<text x="{left + width * k / 5 - (34 if k == 5 else 0):.0f}" y="{height - 4}">{time_text(int(total * k / 5)) if k else "0"}</text>' for k in range(6))
    return f'<svg viewBox="0 0 {left + width + 6} {height}" role="img" aria-label="threads over time">{"".join(out)}{marks}</svg>'


def table(spots):
    if not spots:
        return "<p>Nobody lost.</p>"
    most = max(s.lost for s in spots) or 1
    rows = []
    for s in spots[:200]:
        names = f'<div class="where">block {escape(", ".join(s.names))}</div>' if s.names else ""
        rows.append(f'<tr><td class="n">{time_text(s.lost)}<div class="bar" style="width:{max(2, 100 * s.lost // most)}%"></div></td><td class="n">{s.count:,}</td>'
                    f'<td>{escape(what_text(s))}{names}</td>'
                    f'<td><span class="where">{verb(s)} at {escape(place_text(s.mine))}</span><span class="src r">{escape(source(s.mine)) or "&nbsp;"}</span>'
                    f'<span class="where">wrote at {escape(place_text(s.theirs))}</span><span class="src w">{escape(source(s.theirs)) or "&nbsp;"}</span></td></tr>')
    return ('<table><thead><tr><th>time lost</th><th>conflicts</th><th>over</th><th>who read, who wrote</th></tr></thead><tbody>' + "".join(rows) + "</tbody></table>")


def as_html(path, head, conflicts, threads):
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Conflicts: {escape(path)}</title><style>{STYLE}</style>'
            f'<h1>Conflicts</h1><p>{escape(summary(head, conflicts))}</p>'
            '<h2>Threads over time</h2><p class="legend"><span style="background:var(--ok)"></span>commits<span style="background:var(--bad)"></span>lost runs'
            '<span style="background:var(--alone)"></span>irrevocable (heights: square root of the number)</p>' + timeline(head, threads)
            + "<h2>Hot spots</h2>" + table(spots_of(conflicts)) + "</html>\n")


def main(args):
    files, html, out, top = [], False, None, 20
    while args:
        a = args.pop(0)
        if a in ("-h", "--help"):
            print(USAGE)
            return
        if a == "--html":
            html = True
            if files and args and (args[0] == "-" or not args[0].startswith("-")):
                out = args.pop(0)
        elif a.startswith("--html="):
            html, out = True, a[7:]
        elif a == "--top" and args and args[0].isdigit():
            top = int(args.pop(0))
        elif a.startswith("-"):
            fail(f"unknown option {a}\n{USAGE}", 2)
        else:
            files.append(a)
    if len(files) != 1:
        print(USAGE, file=sys.stderr)
        raise SystemExit(2)
    head, conflicts, threads = load(files[0])
    if not html:
        return as_text(head, conflicts, top)
    page = as_html(files[0], head, conflicts, threads)
    if out == "-":
        sys.stdout.write(page)
        return
    out = out or files[0] + ".html"
    try:
        with open(out, "w", encoding="utf-8") as f:
            f.write(page)
    except OSError as e:
        fail(f"{out}: {e.strerror}")
    print(out)


main(sys.argv[1:])
