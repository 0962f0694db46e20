"""What the rules say, in Chinese: those on the file, those on hosts, those on one machine for all hosts."""

from __future__ import annotations

from typing import Final

from corral.rules.texts import Text

TEXTS: Final = {
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
        "两者代理都应答；但如果 ROOT_URL 写错了，应用生成的链接就打不开。",
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
    "value_without_text": Text(
        "{reference} 里只有空白和换行。",
        "应用得到的就是这样的内容：没有密码是这个样子。",
        "请把值写进去；`printf %s 值` 的输出后面没有多余的字符。",
    ),
    "value_with_carriage_return": Text(
        "{reference} 里有回车符（`\\r`），来自 Windows 的文件每行末尾都有它。",
        "应用得到的值会带着它：多一个字符的密码就是错误的密码。",
        "请从文件中去掉：`sed -i 's/\\r$//' FILE`；如果值本身就是 Windows 文本，则没有问题。",
    ),
    "value_with_mark": Text(
        "{reference} 里有字节顺序标记（U+FEFF），有些编辑器会把它写在文件开头。",
        "应用得到的值会带着它：多一个字符的密码就是错误的密码。",
        "请从文件中去掉：`sed -i '1s/^\\xef\\xbb\\xbf//' FILE`，或保存为不带这个标记的 UTF-8。",
    ),
    "value_with_newline": Text(
        "{reference} 以换行开头或结尾（文件末尾会去掉的那一个不算）。",
        "应用得到的值会带着它：多一个字符的密码就是错误的密码。",
        "请去掉其中的空行；`printf %s 值` 的输出后面没有多余的字符。",
    ),
    "value_with_blanks": Text(
        "{reference} 以空白开头或结尾。",
        "应用得到的值会带着它：多一个字符的密码就是错误的密码。",
        "请去掉它，除非它就是值的一部分。",
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
    "no_root": Text(
        "{user} 在那里不能用 `sudo -n` 成为 root。",
        "安装软件包、建立账号和 systemd 单元都需要 root。",
        "在 {host} 上：`echo '{user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/corral`。",
    ),
    "no_systemd": Text(
        "1 号进程不是 systemd（发行版：{distribution}）。",
        "Corral 的单元由 systemd 管理：开机启动，退出后重新启动，日志写入它的 journal。",
        "请使用以 systemd 启动的主机。",
    ),
    "unknown_distribution": Text(
        "发行版（{distribution}）既不属于 Debian 系，也不属于 Red Hat 系。",
        "不知道怎样安装它的软件包；需要安装的有：{programs}。",
        "请在那里自行安装，并为每一项写 `install: none`；或使用 Debian、Ubuntu、RHEL 及其同类的主机。",
    ),
    "other_architecture": Text(
        "从名字看，归档 {file} 是为 {theirs} 准备的，而主机是 {mine}。",
        "其中的程序在那里无法启动。",
        "请在 {key} 中写适用于 {mine} 的归档。",
    ),
    "no_tar": Text(
        "那里没有 tar。",
        "Corral 通过它读取主机上自己的文件，也用它解开归档。",
        "在 {host} 上：`{command}`。",
    ),
    "firewall_on": Text(
        "防火墙已启用：{firewall}。",
        "从这里看不出它是否允许其他主机访问 {ports}；`corral verify` 会检验。",
        "如果还没有放行，请对集群自己的主机放行它们。",
    ),
    "selinux_enforcing": Text(
        "SELinux 处于 enforcing 状态。",
        "发行版软件包里的程序可能只能使用其策略所知道的目录和端口：{programs}。",
        "`ausearch -m avc -ts recent` 显示被拒绝的操作；"
        "执行 `setsebool -P httpd_can_network_connect on` 后 nginx 才能连接实例。",
    ),
    "journal_lost": Text(
        "journal 只保存在内存里：没有 /var/log/journal。",
        "重启之后，就没有人能查到重启前发生了什么。",
        "在 {host} 上：`mkdir /var/log/journal && systemctl restart systemd-journald`。",
    ),
    "own_name_is_loopback": Text(
        "主机自己把名字 {name} 解析为 {address}。",
        "在这个名字上监听的程序，只有本机能访问。",
        "请在它的 /etc/hosts 中把这个名字改为主机的真实地址，而不是 {address}。",
    ),
    "no_package": Text(
        "主机的软件源里没有软件包 {package}。",
        "无法安装 {program}。",
        "请添加含有它的软件源（然后执行 `apt-get update` 或 `dnf makecache`），或在 {key} 中写别的方式。",
    ),
    "no_mongodb_package": Text(
        "主机（{distribution}）的软件源里没有软件包 {package}。",
        "任何发行版都不带 MongoDB：它的软件包来自 MongoDB 自己的软件源。",
        "database 下的 `install` 有三种写法：不写，并按 MongoDB 针对该发行版的说明在 {host} 上添加它的软件源；"
        "或写一个发布的 tar 文件，主机不需要联网：`install: {{archive: FILE, sha256: …, version: …}}`；"
        "或自行安装 mongod，并写 `install: none`。",
    ),
    "no_program": Text(
        "PATH 中没有 {program}，而 {key} 是 none。",
        "这意味着它应由别人安装。",
        "请在 {host} 上安装它，或让 Corral 安装：见 {key}。",
    ),
    "no_docker": Text(
        "那里没有 {what}，而 app.install 是 none。",
        "实例运行在容器里。",
        "请在 {host} 上安装它，或不写 app.install，由 Corral 安装。",
    ),
    "program_too_old": Text(
        "那里的 {program} 是（或将会是）{version}，而 Corral 需要 {oldest} 或更新的版本。",
        "Corral 为它写的内容用到了旧版本没有的功能。",
        "请在 {host} 上换成更新的版本（例如来自其官方软件源），或在 {key} 中另选一个。",
    ),
    "docker_is_podman": Text(
        "那里名为 `docker` 的程序其实是 podman，而 app.install 是 none。",
        "Corral 用 docker compose 启动容器，并通过 docker 的服务查看它们，而 podman 没有这个服务。",
        "请在 {host} 上改装 docker，或不写 app.install，由 Corral 安装。",
    ),
    "program_does_not_run": Text(
        "{path} 不能运行：{failure}。",
        "{key} 是 none，所以会启动这个 {program}。",
        "请在 {host} 上安装能运行的版本，或让 Corral 安装：见 {key}。",
    ),
    "program_is_another": Text(
        "那里的 {program} 是 {product}，它没有说明自己基于哪个版本的 {program}。",
        "Corral 写的内容适用于 {program} {oldest} 或更新的版本；遇到不认识的指令，它就无法启动。",
        "请看 `corral apply` 对配置的检查结果（先由 {product} 检查）；或在 {key} 中写 {program} 官方的软件包。",
    ),
    "compose_too_old": Text(
        "那里的 docker compose 是（或将会是）{version}，而 Corral 需要 {oldest} 或更新的版本。",
        "更旧的版本无法读取现在的文件格式。",
        "请在 {host} 上添加 Docker 官方软件源，并写 `{key}: {{package: docker-ce}}`：它的插件是更新的版本。",
    ),
    "port_taken": Text(
        "{unit} 需要的 {place} 被 {holder} 占用。",
        "两个程序不能同时监听那里。",
        "结束那个进程，或在文件中改用别的端口。",
    ),
    "port_taken_by_service": Text(
        "{unit} 需要的 {place} 被 {service} 的 {holder} 占用。",
        "两个程序不能同时监听那里。",
        "如果没有人需要它，在 {host} 上：`systemctl disable --now {service}`（它保存的数据不受影响）；"
        "否则在文件中改用别的端口。",
    ),
    "port_taken_by_container": Text(
        "{unit} 需要的 {place} 被容器 {container}（{holder}）占用。",
        "两个程序不能同时监听那里。",
        "如果没有人需要它，在 {host} 上：`docker update --restart no {container} && docker stop {container}`；"
        "否则在文件中改用别的端口。",
    ),
    "port_taken_by_cluster": Text(
        "{unit} 需要的 {place} 被 Corral 另一个集群的 {other} 占用。",
        "两个程序不能同时监听那里。",
        "是不是改了文件里的 `name`？那就写回原来的。否则给其中一个集群换端口，或换主机。",
    ),
    "disk_full": Text(
        "{path} 只剩 {free} MB 磁盘空间，而需要 {needed} MB。",
        "磁盘写满会让数据库中途停下。",
        "请在 {host} 上腾出空间，或在那里挂载更大的磁盘。",
    ),
    "image_space": Text(
        "{path} 只剩 {free} MB 磁盘空间，而镜像 {image} 还没有装入。",
        "应用的镜像有几百 MB，装入时要占两倍空间：{needed} MB 才稳妥。",
        "请在 {host} 上腾出空间：`docker system df` 显示镜像和容器各占多少。",
    ),
    "memory_small": Text(
        "{instances} 个实例，每个 {each} MB，加上 mongod 的缓存 {cache} MB，共需 {needed} MB，而主机只有 {total} MB。",
        "内核会结束占用最多的进程，那常常是 mongod。",
        "减少 `instances`，增加主机，或在 database 下限制 `cache_size`。",
    ),
    "memory_short": Text(
        "还要启动的进程需要 {needed} MB 内存，而只剩 {available} MB。",
        "进程会变慢，或被结束。",
        "在 {host} 上查看谁在占用：`ps -eo rss,comm --sort -rss | head`。",
    ),
    "other_time_daemon": Text(
        "那里运行着 {daemon}。",
        "两个程序设置同一个时钟会互相拉扯；Corral 在每台主机上使用 chrony。",
        "在 {host} 上：`systemctl disable --now {daemon}`。",
    ),
    "time_daemon_replaced": Text(
        "那里运行着 {daemon}。",
        "安装 chrony 时 Debian 会移除它，此后由 chrony 校准时钟。",
        "不需要做什么。",
    ),
    "no_time_daemon": Text(
        "没有时间服务在运行。",
        "时钟每周会偏差几秒；会话、日志和 TTL 索引都以它为准。",
        "在 time 下写 `servers`，由 Corral 负责；或在 {host} 上：`systemctl enable --now chrony`。",
    ),
    "two_time_daemons": Text(
        "有不止一个时间服务在运行：{daemons}。",
        "两个程序设置同一个时钟会互相拉扯。",
        "在 {host} 上用 `systemctl disable --now` 停掉其他的，只留一个。",
    ),
    "clock_unsynchronised": Text(
        "chronyd 没有跟随任何时间服务器；能连上的有 {sources} 个。",
        "时钟自己走，会与其他主机越差越多。",
        "在 {host} 上：`chronyc sources` 显示谁有应答；到时间服务器的 UDP 123 端口必须是通的。",
    ),
    "clock_off": Text(
        "chronyd 认为本机时钟偏差 {offset:.0f} 毫秒，其依据的时间误差在 {dispersion:.0f} 毫秒以内。",
        "它会慢慢调整，以免同一秒出现两次；调整完之前，各主机的时间不一致。",
        "稍等再看：在 {host} 上执行 `chronyc tracking`。如果一直如此，请检查它的时间服务器是否准确。",
    ),
    "zones_differ": Text(
        "时区是 {zone}，而多数主机是 {usual}。",
        "定时任务会在别的钟点执行，日志也与其他主机对不上。",
        "在 {host} 上：`timedatectl set-timezone {usual}`。",
    ),
    "low_limits": Text(
        "mongod（pid {pid}）的限制是 {limits}。",
        "MongoDB 要求两者都是 {wanted}：每个连接要占一个，每个文件也要占一个。",
        "Corral 的单元已经要求了：执行 `corral restart {unit}` 使其生效。"
        "如果仍然如此，说明主机本身不允许更多（例如容器）：在 {host} 上查看 `cat /proc/1/limits`。",
    ),
    "swapping": Text(
        "vm.swappiness 是 {swappiness}，而 database.tune 已关闭。",
        "MongoDB 要求它为 1：数据库被换出的内容要读两遍。",
        "打开 database.tune，或在 {host} 上：`sysctl -w vm.swappiness=1`，并写进 /etc/sysctl.d 下的文件。",
    ),
    "data_on_network": Text(
        "{path} 位于 {kind}，这是网络文件系统。",
        "网络停顿，数据库也停顿；而且并非都能保证写入的顺序。",
        "请在 database 下用 `directory` 写一个位于主机磁盘上的目录。",
    ),
    "data_not_on_xfs": Text(
        "{path} 位于 {kind}。",
        "MongoDB 推荐 XFS：在其他文件系统上出现过写入停顿。",
        "数据库不大时不需要做什么；较大时，请在第一次启动之前在那里挂载 XFS 文件系统。",
    ),
    "huge_pages": Text(
        "透明大页是 `{found}`，而 database.tune 已关闭。",
        "MongoDB {version} 要求 `{wanted}`：7.0 及以前关闭，8.0 起打开。",
        "打开 database.tune，或在 {host} 上：`echo {wanted} > /sys/kernel/mm/transparent_hugepage/enabled`。",
    ),
    "version_skipped": Text(
        "正在运行的是 mongod {running}，要换成 {wanted}。",
        "MongoDB 每次只能升一个发布系列，不能降级，否则无法读取已有的文件。",
        "请逐个经过中间的系列（4.0、4.2、4.4、5.0、6.0、7.0、8.0）："
        "写上一个，应用之后提高 featureCompatibilityVersion，再继续。",
    ),
    "compatibility_behind": Text(
        "将要启动 mongod {wanted}，而副本集的 featureCompatibilityVersion 是 {found}。",
        "mongod 只能读取本系列和前一个系列的数据，否则无法启动。",
        "请在主节点上用 mongosh 以 operator 用户执行 `{command}`，然后再次应用。",
    ),
    "versions_differ": Text(
        "它会是 MongoDB {version}，而 {other} 是 {theirs}。",
        "只有在升级期间，副本集里才应有两个版本的成员。",
        "请把所有成员的软件包统一为一个版本。",
    ),
    "no_supervisor": Text(
        "没有安装 supervisord。",
        "在本机上由它管理集群的进程。",
        "`pip install 'corral[playground]'`。",
    ),
    "no_program_here": Text(
        "找不到 {program}；找过 PATH（{search_path}）和 Python 包 {wheel}。",
        "集群在本机上运行，使用这里已有的程序。",
        "安装软件包 {light}，或 `pip install 'corral[playground]'`（{architectures}）。",
    ),
    "program_too_old_here": Text(
        "{path} 是 {program} {version}；Corral 需要 {oldest} 或更新的版本。",
        "Corral 为它写的内容用到了旧版本没有的功能。",
        "安装更新版本的软件包 {light}，或 `pip install 'corral[playground]'`（{architectures}）。",
    ),
    "program_is_another_here": Text(
        "{path} 是 {product}，它没有说明自己基于哪个版本的 {program}。",
        "Corral 写的内容适用于 {program} {oldest} 或更新的版本；遇到不认识的指令，它就无法启动。",
        "如果它无法启动，请安装软件包 {light}，或 `pip install 'corral[playground]'`（{architectures}）。",
    ),
    "mongod_lacks_instructions": Text(
        "{path} 不能运行：{failure}。",
        "更新的 MongoDB 在这里也会同样结束。",
        "安装 {light} 4.4（ARM 上是 4.4.18 或更早），或让虚拟机使用宿主机的 CPU 类型（`host`）。",
    ),
    "program_broken": Text(
        "{path} 不能运行：{failure}。",
        "它是 PATH 上的第一个 {program}，所以用的就是它。",
        "安装软件包 {light}，或 `pip install 'corral[playground]'`（{architectures}）。",
    ),
    "program_lacks_library": Text(
        "{path} 不能运行：{failure}。",
        "它需要 {library}。",
        "安装含有 {library} 的软件包（libcurl4、libssl3）。",
    ),
    "no_directory": Text(
        "app.directory {directory} 不是目录。",
        "应用要在这个目录里启动。",
        "改正 app 下的 `directory`；相对路径从集群文件所在的目录算起。",
    ),
    "no_command": Text(
        "没有写 app.command。",
        "在本机上，应用作为普通进程运行。",
        "在 app 下写 `command: …`，就像你自己启动它那样。",
    ),
    "command_is_directory": Text("app.command：{file} 是目录。", "所以 {instance} 无法启动。", "请写出其中的程序。"),
    "command_with_windows_lines": Text(
        "{file} 使用 Windows 换行符（CRLF）：它的第一行要求的是 `{interpreter}\\r`。",
        "没有这个名字的程序，所以 {instance} 无法启动。",
        "执行 `sed -i 's/\\r$//' {file}` 即可修复。",
    ),
    "command_with_mark": Text(
        "{file} 以字节顺序标记（U+FEFF）开头，所以它的第一行 `#!{interpreter}` 不起作用。",
        "它会由 shell 而不是那个程序来执行，所以 {instance} 无法启动。",
        "执行 `sed -i '1s/^\\xef\\xbb\\xbf//' {file}` 即可修复。",
    ),
    "command_without_interpreter": Text(
        "{file} 的第一行要求 {interpreter}，而它不存在。",
        "所以 {instance} 无法启动，而且报告的会是找不到 {file}。",
        "请安装 {interpreter}，或在第一行改写已有的解释器；移动或复制过的虚拟环境需要重新创建。",
    ),
    "command_file_missing": Text("app.command：{file} 不存在。", "所以 {instance} 无法启动。", ""),
    "command_not_executable": Text(
        "app.command：{file} 不能执行。", "所以 {instance} 无法启动。", "`chmod +x {file}`。"
    ),
    "command_not_on_path": Text(
        "app.command：找不到 {word!r}；找过 PATH（{path}）。",
        "所以 {instance} 无法启动。",
        "安装它，或写出完整路径；正在运行的集群一直使用启动时的 PATH，直到 `corral down`。",
    ),
    "data_left_behind": Text(
        "这个集群的数据在 {hosts} 上，而文件里没有这样的成员。",
        "数据库会从头开始，原有的数据会被丢下。",
        "是不是改了名字？请写回原来的名字；或用 `corral down --purge` 不带数据重新开始。",
    ),
    "data_under_another_name": Text(
        "{new} 会不带数据开始：它的成员的数据在 {old} 的目录里。",
        "从空开始的投票成员忘记了自己确认过哪些写入；这样的成员占多数时，这些写入就丢了。",
        "请把 {new} 写回 {old}。要搬移成员：先从文件里去掉 {old}，执行 `corral up`，再加上 {new}，再执行 "
        "`corral up`；一次只搬一个。",
    ),
    "name_of_another": Text(
        "这个文件曾作为集群 {other} 运行，它还在运行；现在的名字是 {name}。",
        "这会在第一个集群旁边建立第二个集群，没有原来的数据。",
        "请写回 `name: {other}`；要重新开始，先执行 `corral down --name {other}`。",
    ),
    "name_of_one_that_is_stopped": Text(
        "这个文件曾作为集群 {other} 运行，它的数据还在这里；现在的名字是 {name}。",
        "这是另一个集群，没有那些数据。",
        "要继续使用那些数据，请写回 `name: {other}`；`corral down --name {other} --purge` 删除它们。",
    ),
    "wrong_set_name": Text(
        "数据属于副本集 {found}，而文件里的名字是 {wanted}。",
        "副本集不能改名。",
        "请写 `replica_set: {found}`，或用 `corral down --purge` 重新开始。",
    ),
    "no_common_member": Text(
        "文件给每个成员的地址或端口都与副本集所知道的不同：{known}。",
        "成员靠这些地址找到彼此。",
        "请一次只改一个，每改一个执行一次 `corral up`；或用 `corral down --purge` 重新开始。",
    ),
    "port_taken_here": Text(
        "{unit} 需要的 {place} 被 {holder} 占用。",
        "两个程序不能同时监听那里。",
        "结束那个进程，或在文件中改用别的端口，或另选 playground.network。",
    ),
    "port_taken_by_other_user": Text(
        "{unit} 需要的 {place} 被一个看不到的进程占用，可能属于另一个用户。",
        "两个程序不能同时监听那里。",
        "请人结束那个进程，或在文件中改用别的端口，或另选 playground.network。",
    ),
    "port_taken_by_other_playground": Text(
        "{unit} 需要的 {place} 被 {holder} 占用，它属于你的集群 {other}。",
        "两个程序不能同时监听那里。",
        "`corral down --name {other}` 停止那个集群；或换一个 playground.network 或 playground.port。",
    ),
    "port_taken_by_itself": Text(
        "{unit} 需要的 {place} 被 {holder} 占用，它是这个集群自己的进程，只是名字不同。",
        "两个程序不能同时监听那里。",
        "先 `corral down`，再 `corral up`。",
    ),
    "port_refused": Text(
        "{unit} 需要的 {place} 不能监听：{reason}。",
        "所以 {unit} 无法启动。",
        "",
    ),
    "port_needs_root": Text(
        "{unit} 需要的 {place} 不能监听：{reason}。",
        "1024 以下的端口需要 root。",
        "请在文件中改用别的端口。",
    ),
    "disk_full_here": Text(
        "{root} 只剩 {free} MB 磁盘空间，而需要 {needed} MB。",
        "磁盘写满会让数据库中途停下。",
        "请腾出空间，或把 XDG_STATE_HOME 设到更大的磁盘上；什么都没有改动。",
    ),
    "memory_short_here": Text(
        "还要启动的进程需要 {needed} MB 内存，而本机只剩 {available} MB。",
        "实例：{instances} 个，每个 {each} MB；成员：{members} 个，每个 {member} MB。",
        "运行可能很慢，进程也可能被结束；请减少 `instances`。",
    ),
    "few_open_files": Text(
        "本机允许一个进程打开 {limit} 个文件，而 MongoDB 要求 {wanted} 个。",
        "每个连接要占一个，每个文件也要占一个。",
        "试用已经够了；如果连接很多，请提高硬限制（`ulimit -Hn`）。",
    ),
}
