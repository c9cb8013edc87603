#!/bin/sh
# Runs a command by mpirun on two network namespaces as two hosts, whose only way to each other is a virtual cable.
# usage: two-hosts.sh RANKS_PER_HOST COMMAND...; exit code 77 where namespaces cannot be made.
set -eu
ranks=$1
shift
one=clamp$$a two=clamp$$b
work=$(mktemp -d)
cleanup() {
  ip netns del $one || true
  ip netns del $two || true
  rm -rf "$work"
} 2>/dev/null
trap cleanup EXIT
{ ip netns add $one && ip netns add $two && ip link add v$$a netns $one type veth peer name v$$b netns $two; } || exit 77
ip -n $one addr add 10.213.7.1/24 dev v$$a
ip -n $two addr add 10.213.7.2/24 dev v$$b
ip -n $one link set v$$a up
ip -n $two link set v$$b up
ip -n $one link set lo up
ip -n $two link set lo up
printf '10.213.7.1 slots=%s\n10.213.7.2 slots=%s\n' $ranks $ranks >"$work/hosts"
# In place of ssh: enters the other host, under a name of its own.
cat >"$work/agent" <<AGENT
#!/bin/sh
shift
exec ip netns exec $two unshare --uts sh -c "hostname $two; \$*"
AGENT
chmod +x "$work/agent"
ip netns exec $one unshare --uts sh -c 'hostname $0; exec "$@"' $one \
  mpirun --allow-run-as-root --oversubscribe --hostfile "$work/hosts" --mca plm_rsh_agent "$work/agent" "$@"
