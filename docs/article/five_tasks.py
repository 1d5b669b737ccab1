import asyncio

async def async_task(name):
    print(f"태스크 {name} 시작")
    await asyncio.sleep(2)  # 비동기 I/O 작업 시뮬레이션
    print(f"태스크 {name} 완료")

async def main():
    tasks = [async_task(i) for i in range(5)]
    await asyncio.gather(*tasks)

asyncio.run(main())
