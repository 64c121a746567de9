/* exc_group.h: exception groups as the VM needs them for `except*`. */
#ifndef OBJSPACE_EXC_GROUP_H
#define OBJSPACE_EXC_GROUP_H
#include "objspace/exc.h"

typedef enum ob_match { OB_MATCH_TYPES, OB_MATCH_CALL, OB_MATCH_LEAVES } ob_match;   /* condition: type(s), a callable, a set of ids of leaves */
/* The parts of e that match and that do not; None for an empty part. false: exception. */
bool ob_exc_group_split(ob_val e, ob_val condition, ob_match kind, bool want_rest, ob_val *match, ob_val *rest);
/* One `except* types` clause: what it catches of e (a group; a naked exception is wrapped), None if nothing; *rest: what is left, or None. */
ob_val ob_exc_group_match(ob_val e, ob_val types, ob_val *rest);
/* At the end of a try with except*: orig is what was caught, list holds what the clauses raised and what was left unhandled (None allowed).
 * Gives what is to be raised, None if nothing. */
ob_val ob_exc_group_rest(ob_val orig, ob_val list);

#endif
