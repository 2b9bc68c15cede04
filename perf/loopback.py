"""A server under test on the loopback address, and one keep-alive connection to it: for the measuring scripts beside this file."""
import json
import os
import re
import socket
import subprocess
import threading
import time

METRIC = re.compile(r'unkey_http_request_duration_seconds_(bucket|sum|count)\{endpoint="other"(?:,le="([^"]+)")?\} (\S+)')


class Client:
    """One keep-alive connection."""

    def __init__(self, port, root_key):
        self.root_key = root_key
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def call(self, operation, body):
        """The answer of an operation, and the microseconds from sending it to the last byte of the answer."""
        data = json.dumps(body).encode()
        head = (
            f"POST /v2/{operation} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.root_key}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        start = time.perf_counter_ns()
        self.socket.sendall(head.encode() + data)
        status = int(self.answers.readline().split()[1])
        length = 0
        while (line := self.answers.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answer = self.answers.read(length)
        micros = (time.perf_counter_ns() - start) / 1_000
        if status != 200:
            raise SystemExit(f"{operation} answered {status}: {answer.decode()}")
        return json.loads(answer), micros


class Server:
    """The server under test."""

    def __init__(self, binary, data, root_key, *arguments):
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", data, "--log-format", "json", *arguments]
        self.process = subprocess.Popen(command, env={**os.environ, "UNKEY_ROOT_KEY": root_key}, stdout=subprocess.PIPE, text=True)
        self.log = []
        for line in self.process.stdout:
            self.log.append(line)
            ready = re.search(r'"Listen":"127\.0\.0\.1:(\d+)","Admin":"127\.0\.0\.1:(\d+)","ElapsedMs":(\d+)', line)
            if ready:
                self.port, self.admin, self.start_ms = (int(group) for group in ready.groups())
                break
        else:
            raise SystemExit("the server does not start: " + "".join(self.log))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def metrics(self):
        """The text of /metrics."""
        with socket.create_connection(("127.0.0.1", self.admin)) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.makefile("rb").read().decode()

    def metric(self, name):
        """One metric without labels."""
        return float(re.search(rf"^{name} (\S+)$", self.metrics(), re.MULTILINE).group(1))

    def histogram(self):
        """Seconds, calls and buckets of the server's own measurement of all control-plane calls so far."""
        found = {(kind, bound): float(value) for kind, bound, value in METRIC.findall(self.metrics())}
        buckets = {float(bound): count for (kind, bound), count in found.items() if kind == "bucket"}
        return found["sum", ""], found["count", ""], buckets

    def cpu_us(self):
        """Microseconds that it has run so far: what hardly changes when other processes want the machine too."""
        # The CPU-time clock of another process, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime_ns(~self.process.pid << 3 | 2) / 1_000

    def resident(self):
        """Resident bytes: all, and those of files among them."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            text = status.read()
        return tuple(int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE).group(1)) * 1024 for name in ("VmRSS", "RssFile"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
