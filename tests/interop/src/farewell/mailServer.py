# aiosmtpd for the laboratory: ADDRESS PORT. A line for the end of each session.
import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Handler:
    async def handle_QUIT(self, server, session, envelope):
        server.is_polite = True
        return "221 Bye"

    async def handle_DATA(self, server, session, envelope):
        return "250 OK"


class Server(SMTP):
    is_polite = False

    def connection_lost(self, error):
        print("ended: quit" if self.is_polite else "ended: no quit", flush=True)
        if error is not None:
            print(f"trouble: {error}", flush=True)
        super().connection_lost(error)


async def main(address, port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(Handler(), loop=loop), address, int(port))
    print("listening", flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
