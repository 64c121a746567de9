/* invariant.h: __invariant__ of Transactional classes, asked before a block commits. */
#ifndef INTERP_LANG_INVARIANT_H
#define INTERP_LANG_INVARIANT_H
#include "interp/run/frame.h"

extern _Atomic(bool) py_invariants_wanted;   /* some class has one.  relaxed */

/* Before the outermost block of T commits: asks each instance that is new or has changed, or whose list, dict or set has. *asked: hand it to
 * py_invariants_note after the commit.  false: a condition is set (InvariantError, or what an __invariant__ met). */
bool py_invariants_hold(py_thread *T, ob_val *asked) MUST_CHECK;
/* Outside of blocks, behind an instruction that has changed what belongs to such an instance: asks, and takes that change back if the answer is no.
 * false: a condition is set.  A native that runs Python code in the midst of its change is waited for. */
bool py_guard_settle(py_thread *T);
void py_invariant_loaded(ob_val instance);   /* the same for one that came from a store */
void py_invariants_note(ob_val asked);       /* from now on changes of the containers that these instances hold are changes of theirs */
bool py_invariants_fill(void) MUST_CHECK;    /* _watch, _fresh for the library */

#endif
