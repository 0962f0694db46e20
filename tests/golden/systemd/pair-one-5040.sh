#!/bin/sh
# Written by Corral for one: the next apply replaces it. Change the cluster file instead.
export PORT=5040
export HOST=10.0.0.1
export INSTANCE=one-5040
export ROLE=web
export VERSION=''
export STORAGE='/srv/100% mine'
export ROOT_URL=http://10.0.0.9
export MONGO_URL='mongodb://application:${secret:application}@10.0.0.1:27017,10.0.0.2:27017,10.0.0.3:27017/pair?replicaSet=pair&authSource=admin'
export MONGO_OPLOG_URL='mongodb://application:${secret:application}@10.0.0.1:27017,10.0.0.2:27017,10.0.0.3:27017/local?replicaSet=pair&authSource=admin'
export GREETING='It'"'"'s $5 for "you"'
export KEY='${env:KEY|sh}'
cd /opt/corral/pair/releases/bbbbbbbbbbbb/web || exit 1
exec node main.js
