"""An HTTP server on h11, which refuses what the RFCs do not allow. Prints its port, then each request as one JSON object."""

import json
import socket
import sys
import threading

import h11


def show(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def serve(client):
    connection = h11.Connection(h11.SERVER)

    def next_event():
        while True:
            event = connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            connection.receive_data(client.recv(65536))

    while True:
        request, body = next_event(), b""
        if isinstance(request, h11.ConnectionClosed):
            return
        while not isinstance(event := next_event(), h11.EndOfMessage):
            body += event.data
        first = lambda name: next((value.decode() for key, value in request.headers if key == name), "")
        show({
            "method": request.method.decode(),
            "target": request.target.decode(),
            "host": first(b"host"),
            "kind": first(b"content-type"),
            "authorization": first(b"authorization"),
            "x": first(b"x"),
            "body": body.decode(),
        })
        # Without a length h11 sends it chunked.
        client.sendall(connection.send(h11.Response(status_code=200, headers=[])))
        client.sendall(connection.send(h11.Data(data=b"seen")) if request.method != b"HEAD" else b"")
        client.sendall(connection.send(h11.EndOfMessage()))
        connection.start_next_cycle()


def run(client):
    try:
        with client:
            serve(client)
    except ConnectionError:
        pass
    except Exception as error:
        show({"error": repr(error)})


listener = socket.create_server(("127.0.0.1", 0))
show(listener.getsockname()[1])
while True:
    threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
