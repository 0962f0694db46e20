"""What the rules say, in English and in Chinese: what was seen, why it matters, what mends it."""

from __future__ import annotations

from typing import Final, NamedTuple

from corral.problems import Language


class Text(NamedTuple):
    """Words in braces are filled with the evidence."""

    message: str
    why: str
    hint: str


_ENGLISH: Final = {
    "ip_hash": Text(
        "proxy.balance is ip_hash over {instances} instances.",
        "It looks at the first three parts of an IPv4 address: a whole office, or everybody behind one outer "
        "proxy, lands on one instance.",
        "Write `balance: sticky_cookie`, unless your clients come from many networks.",
    ),
    "outer_proxy_unknown": Text(
        "ROOT_URL is {root_url}, so something in front of this proxy ends TLS; proxy.real_ip_from is empty.",
        "The application sees all clients at the outer proxy's address.",
        "Name its network: `real_ip_from: [10.0.0.0/8]` below proxy.",
    ),
    "short_websocket_timeout": Text(
        "proxy.websocket_timeout is {timeout:g} s.",
        "Applications send a heartbeat every 17 to 25 s; one that is late or lost cuts an idle websocket.",
        "Write `websocket_timeout: 1h`, or leave it out.",
    ),
    "short_shutdown_timeout": Text(
        "proxy.shutdown_timeout ({drain:g} s) is shorter than app.stop.timeout ({stop:g} s).",
        "A reload cuts requests and websockets that an instance would still have been allowed to finish.",
        "Make shutdown_timeout at least as long as app.stop.timeout.",
    ),
    "one_proxy": Text(
        "{host} is the only proxy.",
        "When it stops, nobody reaches the application, however many instances run.",
        "Name a second host below proxy.hosts, and a `virtual_ip` that moves between the two.",
    ),
    "proxies_without_virtual_ip": Text(
        "There are {proxies} proxies and no proxy.virtual_ip.",
        "Clients know one address; when its proxy stops, they don't find the other one by themselves.",
        "Add `virtual_ip: ADDRESS` below proxy (an unused one of the same network), or leave it to an outer "
        "load balancer.",
    ),
    "local_storage": Text(
        "app.storage.path is {path} on {hosts} hosts.",
        "Unless it is one shared file system, a file uploaded through one host is missing on the other.",
        "Mount one network file system there on each host, or keep files in the database or an object store.",
    ),
    "unbound_visitors": Text(
        "proxy.balance is {balance}, and the application needs each visitor to stay with one instance.",
        "A session lives in the process that opened it; any other one answers 404 to its next request.",
        "Write `balance: sticky_cookie` (or ip_hash, or {{hash: $variable}}); app.needs.sticky, or the preset, asks "
        "for it.",
    ),
    "many_workers": Text(
        "There are {workers} workers, and the application needs exactly one.",
        "Each of them would run every job: mails are sent twice, queues are worked off twice.",
        "Write `workers: {{instances: 1}}`; app.needs.one_worker, or the preset, asks for it.",
    ),
    "no_worker": Text(
        "There is no worker, and the application needs one.",
        "Nothing runs its timed jobs and queues: mails stay unsent.",
        "Write `workers: {{instances: 1}}` below app, unless such a process runs elsewhere.",
    ),
    "few_instances": Text(
        "Web instances in all: {instances}.",
        "While one of them is replaced, fewer than two are left: the next failure is an outage.",
        "Run three or more: `instances: 3` below app, or more hosts.",
    ),
    "root_url_form": Text(
        "ROOT_URL is {url!r}, which is no absolute URL.",
        "Applications build their links and redirects from it.",
        "Write it with its scheme: `ROOT_URL: https://www.example.com/`.",
    ),
    "root_url_elsewhere": Text(
        "ROOT_URL names {host}, and proxy.server_name is {server_name}.",
        "Links that the application makes lead to a name that this proxy doesn't answer to.",
        "Add the name to server_name, or mend ROOT_URL.",
    ),
    "ephemeral_port": Text(
        "Port {port} is in the range that Linux gives to outgoing connections (32768 to 60999).",
        "Now and then another program's connection will hold it when the process starts.",
        "Use a port below 32768.",
    ),
    "unpinned_image": Text(
        "app.image is {image}, without a tag or with `latest`.",
        "What runs then depends on when each host has pulled it: two hosts can run different code.",
        "Name a version: `image: NAME:1.2.3`, or NAME@sha256:...",
    ),
    "health_proves_nothing": Text(
        "app.health asks for `/` and looks at the status alone.",
        "Many applications answer there without their database: useless instances go on getting requests.",
        "Ask for a path that does real work, or say what a good answer holds: `contains: TEXT`.",
    ),
    "few_members": Text(
        "Members of the replica set that hold data: {members}.",
        "Three can lose one without losing a write or the right to elect a primary; fewer can't.",
        "Name three hosts below database.members.",
    ),
    "arbiter": Text(
        "{member} is an arbiter.",
        "With one data-bearing member down, majority writes wait for it: an arbiter acknowledges nothing.",
        "Let it hold data: take out `arbiter: true`.",
    ),
    "addresses_in_the_set": Text(
        "The replica set knows its members by addresses ({host} is {address}).",
        "A member that gets another address drops out of the set, and all connection strings change with it.",
        "Give the database's hosts DNS names: `{host}: {host}.example.com`.",
    ),
    "no_time_server": Text(
        "time.servers is empty.",
        "Nothing keeps the hosts' clocks together: sessions, logs and TTL indexes go by each host's own.",
        "Name two hosts: `servers: [ONE, OTHER]` below time.",
    ),
    "one_time_server": Text(
        "{host} is the only time server.",
        "When it stops, the clocks drift apart unnoticed.",
        "Name a second host below time.servers.",
    ),
}

_CHINESE: Final = {
    "ip_hash": Text(
        "proxy.balance 是 ip_hash，后面有 {instances} 个实例。",
        "它只看 IPv4 地址的前三段：整个办公室，或同一个外层代理后面的所有人，都会落到同一个实例上。",
        "改为 `balance: sticky_cookie`，除非客户端来自许多不同的网段。",
    ),
    "outer_proxy_unknown": Text(
        "ROOT_URL 是 {root_url}，说明前面还有一层代理负责 TLS，而 proxy.real_ip_from 是空的。",
        "应用看到的所有客户端地址都会是外层代理的地址。",
        "写上它所在的网段：在 proxy 下加 `real_ip_from: [10.0.0.0/8]`。",
    ),
    "short_websocket_timeout": Text(
        "proxy.websocket_timeout 是 {timeout:g} 秒。",
        "应用每 17 到 25 秒发一次心跳；等待时间太短，或丢失一次心跳，空闲的 websocket 就会被切断。",
        "写成 `websocket_timeout: 1h`，或者不写。",
    ),
    "short_shutdown_timeout": Text(
        "proxy.shutdown_timeout（{drain:g} 秒）比 app.stop.timeout（{stop:g} 秒）短。",
        "重新加载 nginx 时，实例本来还可以处理完的请求和 websocket 会被切断。",
        "让 shutdown_timeout 不短于 app.stop.timeout。",
    ),
    "one_proxy": Text(
        "只有 {host} 一台代理。",
        "它一停，无论有多少实例在运行，谁都访问不了应用。",
        "在 proxy.hosts 下再写一台主机，并写上在两台之间漂移的 `virtual_ip`。",
    ),
    "proxies_without_virtual_ip": Text(
        "有 {proxies} 台代理，却没有 proxy.virtual_ip。",
        "客户端只知道一个地址；那台代理停了，它们不会自己找到另一台。",
        "在 proxy 下加 `virtual_ip: 地址`（同一网段里没有用过的地址），或交给外层的负载均衡。",
    ),
    "local_storage": Text(
        "app.storage.path 是 {path}，应用运行在 {hosts} 台主机上。",
        "除非它是同一个共享文件系统，否则从一台主机上传的文件在另一台上找不到。",
        "在每台主机的这个位置挂载同一个网络文件系统，或把文件放进数据库或对象存储。",
    ),
    "unbound_visitors": Text(
        "proxy.balance 为 {balance}，而该应用要求每位访客固定在同一个实例上。",
        "会话只存在于打开它的进程中；其他进程对它的下一个请求会回答 404。",
        "请写 `balance: sticky_cookie`（或 ip_hash，或 {{hash: $variable}}）；这是 app.needs.sticky 或预设所要求的。",
    ),
    "many_workers": Text(
        "有 {workers} 个 worker，而该应用只能有一个。",
        "每个 worker 都会执行所有任务：邮件会发送两次，队列会被处理两遍。",
        "请写 `workers: {{instances: 1}}`；这是 app.needs.one_worker 或预设所要求的。",
    ),
    "no_worker": Text(
        "没有 worker，而该应用需要一个。",
        "定时任务和队列无人执行：邮件发不出去。",
        "请在 app 下写 `workers: {{instances: 1}}`，除非这样的进程在别处运行。",
    ),
    "few_instances": Text(
        "只有 {instances} 个 web 实例。",
        "替换其中一个的时候，剩下的不到两个：再坏一个就停止服务了。",
        "运行三个以上：在 app 下写 `instances: 3`，或增加主机。",
    ),
    "root_url_form": Text(
        "ROOT_URL 是 {url!r}，不是完整的网址。",
        "应用用它来生成链接和跳转地址。",
        "写上协议：`ROOT_URL: https://www.example.com/`。",
    ),
    "root_url_elsewhere": Text(
        "ROOT_URL 的主机名是 {host}，而 proxy.server_name 是 {server_name}。",
        "应用生成的链接指向这台代理不应答的名字。",
        "把这个名字加进 server_name，或改正 ROOT_URL。",
    ),
    "ephemeral_port": Text(
        "端口 {port} 在 Linux 分配给外出连接的范围内（32768 到 60999）。",
        "进程启动时，它有时会正被其他程序的连接占用。",
        "使用 32768 以下的端口。",
    ),
    "unpinned_image": Text(
        "app.image 是 {image}，没有标签，或标签是 `latest`。",
        "实际运行的内容取决于每台主机拉取镜像的时间：两台主机可能运行不同的代码。",
        "写明版本：`image: NAME:1.2.3`，或 NAME@sha256:...",
    ),
    "health_proves_nothing": Text(
        "app.health 请求的是 `/`，而且只看状态码。",
        "许多应用在数据库不可用时也会应答这个地址，于是没有用的实例仍会收到请求。",
        "请求一个真正做事的路径，或写明正常应答里有什么：`contains: 文本`。",
    ),
    "few_members": Text(
        "副本集只有 {members} 个保存数据的成员。",
        "三个成员可以失去一个，而不丢失写入，也不失去选举主节点的能力；更少就不行。",
        "在 database.members 下写三台主机。",
    ),
    "arbiter": Text(
        "{member} 是仲裁节点。",
        "一个保存数据的成员停机时，多数派写入要等到它恢复：仲裁节点不确认任何写入。",
        "让它保存数据：去掉 `arbiter: true`。",
    ),
    "addresses_in_the_set": Text(
        "副本集用 IP 地址称呼成员（{host} 是 {address}）。",
        "成员换了地址就会脱离副本集，所有连接字符串也要跟着改。",
        "给数据库主机起 DNS 名字：`{host}: {host}.example.com`。",
    ),
    "no_time_server": Text(
        "time.servers 是空的。",
        "没有什么让各主机的时钟保持一致：会话、日志和 TTL 索引各按自己主机的时间。",
        "写两台主机：在 time 下加 `servers: [一台, 另一台]`。",
    ),
    "one_time_server": Text(
        "只有 {host} 一台时间服务器。",
        "它停了以后，各主机的时钟会不知不觉地走偏。",
        "在 time.servers 下再写一台主机。",
    ),
}

TEXTS: Final[dict[Language, dict[str, Text]]] = {"en": _ENGLISH, "zh": _CHINESE}
