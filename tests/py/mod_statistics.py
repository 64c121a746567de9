import statistics, _statistics
n=statistics.NormalDist(3,2)
for p in (1e-300,1e-20,1e-5,.01,.07,.075,.2,.5,.7,.93,.999,1-1e-12): print(n.inv_cdf(p), _statistics._normal_dist_inv_cdf(p,0.,1.))
try: _statistics._normal_dist_inv_cdf('a',0,1)
except TypeError as e: print(e)
