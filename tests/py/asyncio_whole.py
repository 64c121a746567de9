# asyncio as a whole: tasks, groups, timeouts, streams, subprocesses, queues, locks, threads.
import asyncio, contextlib, sys
async def child(n):
    await asyncio.sleep(0.01 * n)
    return n
async def handle(r, w):
    data = await r.readline()
    w.write(b'echo ' + data); await w.drain(); w.close(); await w.wait_closed()
async def main():
    print(await asyncio.gather(*[child(i) for i in range(5)]))
    async with asyncio.TaskGroup() as tg:
        a = tg.create_task(child(1)); b = tg.create_task(child(2))
    print(a.result(), b.result())
    try:
        async with asyncio.timeout(0.02): await asyncio.sleep(5)
    except TimeoutError: print('timeout')
    try: await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except TimeoutError: print('wait_for timeout')
    async def fails(): raise ValueError('x')
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(fails()); tg.create_task(asyncio.sleep(10))
    except* ValueError as eg: print(eg.exceptions)
    s = await asyncio.start_server(handle, '127.0.0.1', 0)
    port = s.sockets[0].getsockname()[1]
    r, w = await asyncio.open_connection('127.0.0.1', port)
    w.write(b'hello\n'); print(await r.read()); w.close(); await w.wait_closed()
    s.close(); await s.wait_closed()
    p = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(input()[::-1])', stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    out, err = await p.communicate(b'abc\n'); print(out, p.returncode)
    p = await asyncio.create_subprocess_shell('exit 3'); print(await p.wait())
    q = asyncio.Queue(2)
    async def prod():
        for i in range(5): await q.put(i)
        await q.put(None)
    async def cons():
        res = []
        while (x := await q.get()) is not None: res.append(x)
        return res
    print((await asyncio.gather(prod(), cons()))[1])
    lock = asyncio.Lock(); sem = asyncio.Semaphore(2); ev = asyncio.Event()
    async with lock: print(lock.locked())
    print(await asyncio.to_thread(lambda: 6 * 7))
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, sum, [1, 2, 3]))
    t = asyncio.create_task(asyncio.sleep(10)); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: print('cancelled', t.cancelled())
    async def agen():
        try:
            for i in range(10): yield i; await asyncio.sleep(0)
        finally: print('agen closed')
    async with contextlib.aclosing(agen()) as a:
        async for x in a:
            if x == 2: break
    done, pending = await asyncio.wait([asyncio.create_task(child(i)) for i in (0, 50)], return_when=asyncio.FIRST_COMPLETED, timeout=1)
    print(len(done), len(pending))
    for p in pending: p.cancel()
asyncio.run(main())
with asyncio.Runner() as runner: print(runner.run(child(3)))
