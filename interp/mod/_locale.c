/* _locale.c: the module _locale: the C library's idea of languages and countries.
 * Locks: none: setlocale() concerns the whole process, as in CPython.  Numbers of the language itself never depend on it (objspace/float_fmt.c). */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "base/mem.h"
#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static ob_val error_class;

/* Text of the C library, in the encoding of LC_CTYPE; what cannot be decoded is escaped. */
static ob_val text_of(const char *s) { return ob_str_fsdecode(s, strlen(s)); }

static const char *optional_text(ob_val v, const char *who, bool *ok) {
    *ok = true;
    if (ob_is_null(v) || ob_is_none(v)) return NULL;
    const char *s = NULL;
    if (!ob_is_str(v)) ob_raise(&ob_exc_TypeError, "%s must be str or None, not %.50T", who, v);
    else s = ob_str_utf8(v, NULL);
    *ok = s != NULL;
    return s;
}

OB_FN(m_setlocale) {
    int category;
    bool ok;
    if (!posix_int(a[0], &category)) return OB_NULL;
    const char *name = optional_text(a[1], "setlocale() argument 2", &ok);
    if (!ok || (name && !ob_external())) return OB_NULL;
    const char *s = setlocale(category, name);
    if (s) return text_of(s);
    ob_val message = ob_str_from_c(name ? "unsupported locale setting" : "locale query failed");
    return ob_is_null(message) ? message : ob_raise_obj(ob_type_ptr(error_class), message);
}
static ob_val grouping(const char *s) {
    ob_val l = ob_list_new(4);
    if (ob_is_null(l) || !*s) return l;
    for (;; s++) {
        if (!ob_list_append(l, ob_from_small(*s))) return OB_NULL;
        if (*s == 0 || *s == CHAR_MAX) return l;
    }
}
OB_FN(m_localeconv) {
    const struct lconv *l = localeconv();
    ob_val d = ob_dict_new();
    if (ob_is_null(d)) return d;
#define TEXT(f) { ob_val v = text_of(l->f); if (ob_is_null(v) || !ob_dict_set_c(d, #f, v)) return OB_NULL; }
#define NUMBER(f) if (!ob_dict_set_c(d, #f, ob_from_small(l->f))) return OB_NULL;
#define GROUPS(f) { ob_val v = grouping(l->f); if (ob_is_null(v) || !ob_dict_set_c(d, #f, v)) return OB_NULL; }
    TEXT(int_curr_symbol) TEXT(currency_symbol) TEXT(mon_decimal_point) TEXT(mon_thousands_sep) GROUPS(mon_grouping) TEXT(positive_sign) TEXT(negative_sign)
    NUMBER(int_frac_digits) NUMBER(frac_digits) NUMBER(p_cs_precedes) NUMBER(p_sep_by_space) NUMBER(n_cs_precedes) NUMBER(n_sep_by_space)
    NUMBER(p_sign_posn) NUMBER(n_sign_posn) TEXT(decimal_point) TEXT(thousands_sep) GROUPS(grouping)
    return d;
}
static wchar_t *wide(ob_val v) {
    size_t n = ob_str_len(v);
    wchar_t *w = base_mem_alloc((n + 1) * sizeof *w);
    if (!w) return ob_fail_ptr(ob_raise_memory());
    for (size_t i = 0; i < n; i++) w[i] = (wchar_t)ob_str_at(v, i);
    w[n] = 0;
    if (wcslen(w) == n) return w;
    base_mem_free(w);
    return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "embedded null character"));
}
OB_FN(m_strcoll) {
    for (int i = 0; i < 2; i++) if (!ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "strcoll() argument %d must be str, not %.50T", i + 1, a[i]);
    wchar_t *x = wide(a[0]), *y = x ? wide(a[1]) : NULL;
    int r = y ? wcscoll(x, y) : 0;
    base_mem_free(x);
    base_mem_free(y);
    return y ? ob_from_small(r) : OB_NULL;
}
OB_FN(m_strxfrm) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "strxfrm() argument must be str, not %.50T", a[0]);
    wchar_t *x = wide(a[0]);
    if (!x) return OB_NULL;
    errno = 0;
    size_t need = wcsxfrm(NULL, x, 0);
    wchar_t *out = need == SIZE_MAX || errno ? NULL : base_mem_alloc((need + 1) * sizeof *out);
    ob_val r = OB_NULL;
    if (out) {
        wcsxfrm(out, x, need + 1);
        r = ob_str_from_ucs4((const uint32_t *)out, need);
    } else if (errno) ob_raise_errno(errno, OB_NULL);
    else ob_raise_memory();
    base_mem_free(out);
    base_mem_free(x);
    return r;
}
#define LANGINFO(L) \
    L(ABDAY_1) L(ABDAY_2) L(ABDAY_3) L(ABDAY_4) L(ABDAY_5) L(ABDAY_6) L(ABDAY_7) L(ABMON_1) L(ABMON_2) L(ABMON_3) L(ABMON_4) L(ABMON_5) L(ABMON_6) L(ABMON_7) \
    L(ABMON_8) L(ABMON_9) L(ABMON_10) L(ABMON_11) L(ABMON_12) L(ALT_DIGITS) L(AM_STR) L(CODESET) L(CRNCYSTR) L(DAY_1) L(DAY_2) L(DAY_3) L(DAY_4) L(DAY_5) L(DAY_6) \
    L(DAY_7) L(D_FMT) L(D_T_FMT) L(ERA) L(ERA_D_FMT) L(ERA_D_T_FMT) L(ERA_T_FMT) L(MON_1) L(MON_2) L(MON_3) L(MON_4) L(MON_5) L(MON_6) L(MON_7) L(MON_8) L(MON_9) \
    L(MON_10) L(MON_11) L(MON_12) L(NOEXPR) L(PM_STR) L(RADIXCHAR) L(THOUSEP) L(T_FMT) L(T_FMT_AMPM) L(YESEXPR) L(_DATE_FMT)
#define L(name) {#name, name},
static const py_constant langinfo[] = {LANGINFO(L)};
#undef L
OB_FN(m_nl_langinfo) {
    int key;
    if (!posix_int(a[0], &key)) return OB_NULL;
    for (size_t i = 0; i < BASE_LENGTH(langinfo); i++)
        if (langinfo[i].value == key) return text_of(nl_langinfo(key));
    return ob_raise(&ob_exc_ValueError, "unsupported langinfo constant");
}
OB_FN(m_getencoding) { const char *s = nl_langinfo(CODESET); return ob_str_from_c(*s ? s : "UTF-8"); }

/* ---- messages ---- */

OB_FN(m_gettext) {
    const char *s = ob_is_str(a[0]) ? ob_str_utf8(a[0], NULL) : ob_fail_ptr(ob_raise(&ob_exc_TypeError, "gettext() argument must be str, not %.50T", a[0]));
    return s ? text_of(gettext(s)) : OB_NULL;
}
static ob_val from_domain(ob_val domain, ob_val message, int category) {
    bool ok;
    const char *d = optional_text(domain, "dgettext() argument 1", &ok), *s;
    if (!ok || !(s = ob_is_str(message) ? ob_str_utf8(message, NULL) : ob_fail_ptr(ob_raise(&ob_exc_TypeError, "dgettext() argument 2 must be str, not %.50T", message)))) return OB_NULL;
    return text_of(dcgettext(d, s, category));
}
OB_FN(m_dgettext) { return from_domain(a[0], a[1], LC_MESSAGES); }
OB_FN(m_dcgettext) { int category; return posix_int(a[2], &category) ? from_domain(a[0], a[1], category) : OB_NULL; }
OB_FN(m_textdomain) {
    bool ok;
    const char *d = optional_text(a[0], "textdomain() argument", &ok);
    if (!ok) return OB_NULL;
    const char *s = textdomain(d);
    return s ? text_of(s) : ob_raise_errno(errno, OB_NULL);
}
OB_FN(m_bindtextdomain) {
    bool ok;
    posix_path p = {0};
    const char *d = optional_text(a[0], "bindtextdomain() argument 1", &ok);
    if (!ok) return OB_NULL;
    if (!d || !*d) return ob_raise_obj(ob_type_ptr(error_class), ob_str_from_c("domain must be a non-empty string"));
    if (!ob_is_none(a[1]) && !posix_path_of("bindtextdomain", a[1], false, &p)) return OB_NULL;
    const char *s = bindtextdomain(d, p.text);
    return s ? text_of(s) : ob_raise_errno(errno, OB_NULL);
}
OB_FN(m_bind_codeset) {
    bool ok, ok2;
    const char *d = optional_text(a[0], "bind_textdomain_codeset() argument 1", &ok), *c = ok ? optional_text(a[1], "bind_textdomain_codeset() argument 2", &ok2) : NULL;
    if (!ok || !ok2 || !d) return OB_NULL;
    const char *s = bind_textdomain_codeset(d, c);
    return s ? text_of(s) : OB_NONE;
}

static const ob_def defs[] = {
    {"bind_textdomain_codeset", m_bind_codeset, "domain, codeset, /", NULL, 0}, {"bindtextdomain", m_bindtextdomain, "domain, dir, /", NULL, 0},
    {"dcgettext", m_dcgettext, "domain, msg, category, /", NULL, 0}, {"dgettext", m_dgettext, "domain, msg, /", NULL, 0}, {"getencoding", m_getencoding, "", NULL, 0},
    {"gettext", m_gettext, "msg, /", NULL, 0}, {"localeconv", m_localeconv, "", NULL, 0}, {"nl_langinfo", m_nl_langinfo, "key, /", NULL, 0},
    {"setlocale", m_setlocale, "category, locale=None, /", NULL, 0}, {"strcoll", m_strcoll, "os1, os2, /", NULL, 0}, {"strxfrm", m_strxfrm, "string, /", NULL, 0},
    {"textdomain", m_textdomain, "domain, /", NULL, 0}, {0}};

#define C(name) {#name, name},
static const py_constant constants[] = {C(LC_ALL) C(LC_COLLATE) C(LC_CTYPE) C(LC_MESSAGES) C(LC_MONETARY) C(LC_NUMERIC) C(LC_TIME) C(CHAR_MAX)};
#undef C

static bool fill(ob_val m) {
    setlocale(LC_CTYPE, "");                              /* the program begins in the user's encoding and the C locale otherwise */
    return py_mod_error(m, &error_class, "locale", "Error", &ob_exc_Exception) && py_mod_constants(m, constants, BASE_LENGTH(constants)) &&
           py_mod_constants(m, langinfo, BASE_LENGTH(langinfo));
}
const ob_module_def py_mod__locale = {"_locale", "Languages and countries.", defs, fill};
