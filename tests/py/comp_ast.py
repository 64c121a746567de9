"""ast: trees of texts, texts of trees, and code of trees that a program has made or spoilt."""
import ast
t = ast.parse("x = 1\ndef f(a, *b, c=2, **d) -> int:\n  return [i for i in a if i < 2**100]\nprint(f([1,2,3]), f'{x!r:>5}', b'a', 1.5j, ...)\n")
print(ast.dump(t, include_attributes=True))
exec(compile(t, 'x', 'exec'))
print(ast.unparse(t))
print(ast.literal_eval("{'a': [1, -2, (3+4j)], 'b': {1,2}}"))
e = ast.Expression(ast.Constant((1, (2, 3+4j), -5, 2**70)))
ast.fix_missing_locations(e)
print(eval(compile(e, 'x', 'eval')))
for bad in (ast.Module([ast.Expr(ast.Name('x', ast.Store()))], []), ast.Module([ast.If(ast.Constant(1), [], [])], []), ast.Module([ast.Expr(5)], []), ast.Module([ast.Assign([ast.Constant(1)], ast.Constant(2))], []), ast.Module(5, []), ast.Expression(ast.BoolOp(ast.And(), [])), ast.Module([ast.Expr(None)], []), ast.Module([None], [])):
    try: compile(ast.fix_missing_locations(bad) if not isinstance(getattr(bad, 'body', None), int) else bad, 'x', 'exec')
    except Exception as e: print(type(e).__name__, e)
try: compile(ast.Module([ast.Pass()], []), 'x', 'exec')
except Exception as e: print(type(e).__name__, e)
