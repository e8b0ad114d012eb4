#!/bin/sh
exec python3 /qdrant/server.py
