"""A release for hosts that have nothing: a web server of a few lines in Debian's smallest perl, and its tar file."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Final

SERVER: Final = r"""#!/usr/bin/perl
# GET /health: ok. GET /pid: the number of the process that listens. Anything else: 404, when its body has come whole.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $main = $$;
my $server = IO::Socket::INET->new(
    LocalAddr => $ENV{HOST}, LocalPort => $ENV{PORT}, Listen => 128, ReuseAddr => 1
) or die "$ENV{HOST}:$ENV{PORT}: $!\n";
print "$ENV{INSTANCE} listens on $ENV{HOST}:$ENV{PORT}\n";
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = sub { print "$ENV{INSTANCE} ends\n"; exit 0 };
while (1) {
    my $client = $server->accept or next;
    next if fork;
    close $server;
    my ($request, $length) = (scalar(<$client>) // '', 0);
    while (defined(my $line = <$client>)) {
        last if $line =~ /^\r?\n$/;
        $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
    }
    while ($length > 0) {
        my $got = read($client, my $part, $length < 65536 ? $length : 65536) or last;
        $length -= $got;
    }
    my %pages = ('/health' => "ok\n", '/pid' => "$main\n");
    my ($path) = $request =~ m{^\w+ (/\S*)};
    my $body = $pages{$path // ''};
    my ($status, $text) = defined $body ? ('200 OK', $body) : ('404 Not Found', "not here\n");
    printf $client "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
        $status, length $text, $text;
    exit 0;
}
"""


def make_release(directory: Path, server: str = SERVER) -> Path:
    """`bin/tiny` in a tar file; the same bytes for the same server."""
    path = directory / "tiny.tar"
    content = server.encode()
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("tiny-1.0/bin/tiny")
        member.size, member.mode = len(content), 0o755
        tar.addfile(member, io.BytesIO(content))
    return path
