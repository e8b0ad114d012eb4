"""Signs the guestbook of whatever Redis the environment names. No packages: it speaks Redis' own protocol."""

import os
import socket


def command(stream, *words):
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    stream.write(f"*{len(parts)}\r\n{''.join(parts)}".encode())
    stream.flush()
    return answer(stream)


def answer(stream):
    line = stream.readline().decode().rstrip("\r\n")
    kind, text = line[:1], line[1:]
    if kind == "-":
        raise RuntimeError(text)
    if kind == ":":
        return int(text)
    if kind == "$":
        return stream.read(int(text) + 2)[:-2].decode()
    if kind == "*":
        return [answer(stream) for _ in range(int(text))]
    return text


env = os.environ
with socket.create_connection((env["REDIS_HOST"], int(env["REDIS_PORT"]))) as connection:
    with connection.makefile("rwb") as redis:
        command(redis, "AUTH", env["REDIS_USERNAME"], env["REDIS_PASSWORD"])
        command(redis, "SELECT", env["REDIS_DB"])
        print("found", command(redis, "LRANGE", "guests", "0", "-1"))
        command(redis, "RPUSH", "guests", "Ada")
        print("left", command(redis, "LRANGE", "guests", "0", "-1"), "in", env["ISOLANE_LANE"])
