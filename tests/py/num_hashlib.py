import hashlib, hmac, _hashlib
print(sorted(_hashlib.openssl_md_meth_names), sorted(hashlib.algorithms_available))
for n in sorted(hashlib.algorithms_available):
    h=hashlib.new(n,b'abc'); h.update(b'd'); c=h.copy(); c.update(b'e')
    print(n,h.name,h.block_size,h.digest_size,(h.hexdigest(5) if h.digest_size==0 else h.hexdigest()), (c.digest(3) if c.digest_size==0 else c.digest()))
print(hmac.new(b'k',b'm','sha256').hexdigest(), hmac.digest(b'k',b'm',hashlib.sha512)[:5], hashlib.pbkdf2_hmac('sha256',b'p',b's',1000).hex(), hashlib.scrypt(b'p',salt=b's',n=16,r=1,p=1).hex()[:20])
def t(f,*a,**k):
    try: print(f(*a,**k))
    except ValueError as e: print("ValueError",e)
    except Exception as e: print(type(e).__name__,e)
t(_hashlib.new,'nope'); t(_hashlib.new,5); t(_hashlib.new,'sha256','x'); t(_hashlib.hmac_new,b'k'); t(_hashlib.hmac_new,b'k',digestmod=5);t(_hashlib.hmac_new,b'k',digestmod='nope')
t(_hashlib.pbkdf2_hmac,'nope',b'',b'',1); t(_hashlib.pbkdf2_hmac,'sha1',b'',b'',0);t(_hashlib.pbkdf2_hmac,'sha1',b'',b'',1,0);t(_hashlib.pbkdf2_hmac,'sha1',b'',b'',1,-1)
t(_hashlib.scrypt,b'',salt=b'',n=3,r=1,p=1);t(_hashlib.scrypt,b'');t(_hashlib.scrypt,b'',salt=b'',n=2**20,r=8,p=1); t(_hashlib.scrypt,b'',salt=b'',n=4,r=1,p=1,dklen=0); t(_hashlib.scrypt,b'',salt=b'',n=4,r=1,p=1,maxmem=-1)
t(_hashlib.openssl_shake_128().digest,-1); t(_hashlib.HASH); t(_hashlib.HMAC)
t(_hashlib.hmac_digest,b'k',b'm','nope'); t(_hashlib.compare_digest,1,2)

# an undone block takes back what a digest was fed, and digests of objects that were made inside stay whole
