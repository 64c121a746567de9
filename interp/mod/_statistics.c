/* _statistics.c: the module _statistics: the quantiles of the normal distribution.
 *
 * Locks: none; pure functions.
 * M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988): three rational functions, for the
 * middle, the tails and what is far out, each good to 16 digits. */
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/float.h"
#include <math.h>

/* Coefficients of numerator and denominator, the highest power first. */
static const double ratios[3][2][8] = {
    /* the middle */
    {{2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4, 4.5921953931549871457e+4,
      1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e+0},
     {5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
      5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0}},
    /* the tails */
    {{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
      3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0},
     {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
      6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0}},
    /* far out */
    {{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
      2.96560571828504891230e-1, 1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0},
     {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
      1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0}},
};

static double polynomial(const double c[8], double x) {
    double sum = c[0];
    for (int i = 1; i < 8; i++) sum = sum * x + c[i];
    return sum;
}

static double quantile(double p, double mu, double sigma) {
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return mu + polynomial(ratios[0][0], r) * q / polynomial(ratios[0][1], r) * sigma;
    }
    double r = sqrt(-log(q <= 0 ? p : 1 - p));
    int which = r <= 5 ? 1 : 2;
    r -= which == 1 ? 1.6 : 5;
    double x = polynomial(ratios[which][0], r) / polynomial(ratios[which][1], r);
    return mu + (q < 0 ? -x : x) * sigma;
}

OB_FN(inv_cdf) {
    double x[3];
    (void)self; (void)n; (void)kw;
    for (int i = 0; i < 3; i++) if (!ob_to_double(a[i], &x[i])) return OB_NULL;
    return ob_float_from(quantile(x[0], x[1], x[2]));
}

static const ob_def defs[] = {
    {"_normal_dist_inv_cdf", inv_cdf, "p, mu, sigma, /", "The value below which the share p of a normal distribution lies.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
const ob_module_def py_mod__statistics = {"_statistics", "What statistics needs to be fast.", defs, NULL};
