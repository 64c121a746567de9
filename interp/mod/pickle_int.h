/* pickle_int.h: shared by the files of the module _pickle. */
#ifndef INTERP_MOD_PICKLE_INT_H
#define INTERP_MOD_PICKLE_INT_H
#include "interp/mod/modutil.h"
#include "interp/mod/native.h"
#include "base/buf.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/kind.h"
#include "objspace/set.h"

/* OP(name, byte) */
#define PICKLE_OPS(OP) \
    OP(MARK, '(') OP(STOP, '.') OP(POP, '0') OP(POP_MARK, '1') OP(DUP, '2') OP(FLOAT, 'F') OP(INT, 'I') OP(BININT, 'J') OP(BININT1, 'K') OP(LONG, 'L') OP(BININT2, 'M') \
    OP(NONE, 'N') OP(PERSID, 'P') OP(BINPERSID, 'Q') OP(REDUCE, 'R') OP(STRING, 'S') OP(BINSTRING, 'T') OP(SHORT_BINSTRING, 'U') OP(UNICODE, 'V') OP(BINUNICODE, 'X') \
    OP(APPEND, 'a') OP(BUILD, 'b') OP(GLOBAL, 'c') OP(DICT, 'd') OP(EMPTY_DICT, '}') OP(APPENDS, 'e') OP(GET, 'g') OP(BINGET, 'h') OP(INST, 'i') OP(LONG_BINGET, 'j') \
    OP(LIST, 'l') OP(EMPTY_LIST, ']') OP(OBJ, 'o') OP(PUT, 'p') OP(BINPUT, 'q') OP(LONG_BINPUT, 'r') OP(SETITEM, 's') OP(TUPLE, 't') OP(EMPTY_TUPLE, ')') \
    OP(SETITEMS, 'u') OP(BINFLOAT, 'G') OP(PROTO, 0x80) OP(NEWOBJ, 0x81) OP(EXT1, 0x82) OP(EXT2, 0x83) OP(EXT4, 0x84) OP(TUPLE1, 0x85) OP(TUPLE2, 0x86) OP(TUPLE3, 0x87) \
    OP(NEWTRUE, 0x88) OP(NEWFALSE, 0x89) OP(LONG1, 0x8a) OP(LONG4, 0x8b) OP(BINBYTES, 'B') OP(SHORT_BINBYTES, 'C') OP(SHORT_BINUNICODE, 0x8c) OP(BINUNICODE8, 0x8d) \
    OP(BINBYTES8, 0x8e) OP(EMPTY_SET, 0x8f) OP(ADDITEMS, 0x90) OP(FROZENSET, 0x91) OP(NEWOBJ_EX, 0x92) OP(STACK_GLOBAL, 0x93) OP(MEMOIZE, 0x94) OP(FRAME, 0x95) \
    OP(BYTEARRAY8, 0x96) OP(NEXT_BUFFER, 0x97) OP(READONLY_BUFFER, 0x98)
enum {
#define OP(name, byte) OP_##name = byte,
    PICKLE_OPS(OP)
#undef OP
};
enum { PICKLE_HIGHEST = 5, PICKLE_DEFAULT = 4, PICKLE_BATCH = 1000, PICKLE_FRAME = 64 * 1024 };

/* What the library's other modules hold for us. */
extern ob_val py__pickle_error, py__pickling_error, py__unpickling_error;
typedef struct pickle_library {
    ob_val dispatch_table, extension_registry, inverted_registry, extension_cache;       /* copyreg */
    ob_val name_mapping, import_mapping, reverse_name_mapping, reverse_import_mapping;   /* _compat_pickle */
    ob_val partial, encode, getattr;
} pickle_library;
extern pickle_library py__pickle_lib;
ob_val py__pickle_import(ob_val name);               /* import name, sys.modules[name] */
/* a.b.c of an object; *parent: what holds the last. OB_NULL: AttributeError, or none pending when `quiet`. */
ob_val py__pickle_dotted(ob_val o, ob_val path, ob_val *parent);

extern ob_type py__pickler_type, py__unpickler_type, py__pickle_buffer_type;
bool py__pickle_save_fill(ob_val m) MUST_CHECK;
bool py__pickle_load_fill(ob_val m) MUST_CHECK;
extern const ob_def py__pickle_save_defs[], py__pickle_load_defs[];

/* PickleBuffer: the object that it is a view of; ValueError when it was released. */
ob_val py__pickle_buffer_view(ob_val v);

#endif
