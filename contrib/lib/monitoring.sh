# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A Prometheus that asks errand-metrics, and has the rules of
# contrib/monitoring loaded.
#
# PROM_PORT      its port on 127.0.0.1
# PROM_INTERVAL  how often it asks and looks at the rules (default: 5s)
# and TOP, D and METRICS_PORT, as in stack.sh.

# prometheus_conf: prints its settings.  No name in them needs more than quotes.
prometheus_conf() {
	cat <<-EOT
		global:
		  scrape_interval: ${PROM_INTERVAL:-5s}
		  evaluation_interval: ${PROM_INTERVAL:-5s}
		rule_files: ['${TOP//\'/\'\'}/contrib/monitoring/errand.rules.yaml']
		scrape_configs:
		  - job_name: errand
		    static_configs:
		      - targets: ['127.0.0.1:$METRICS_PORT']
	EOT
}

# prometheus_get PATH [CURL ARGUMENT...]: prints its answer.
prometheus_get() {
	curl -qfsS --noproxy '*' -m 10 "${@:2}" "http://127.0.0.1:$PROM_PORT$1"
}

# prometheus_lists PATH TEXT: its answer has the text.
prometheus_lists() {
	[[ $(prometheus_get "$1") == *"$2"* ]]
}

# prometheus_up: it has asked, has been answered, and has the rules.
prometheus_up() {
	prometheus_lists '/api/v1/query?query=up==1' '"job":"errand"' &&
	    prometheus_lists '/api/v1/rules?type=alert' '"ErrandMetricsDown"'
}

prometheus_start() {
	mkdir -p "$D/prometheus" && prometheus_conf >"$D/prometheus.yml" &&
	    launch prometheus prometheus --config.file="$D/prometheus.yml" \
	    --web.listen-address="127.0.0.1:$PROM_PORT" --log.level=warn \
	    --storage.tsdb.path="$D/prometheus" \
	    --storage.tsdb.retention.time=15d &&
	    await prometheus 60 prometheus_up
}

# prometheus_port_lost: it ended because somebody else has the port.
prometheus_port_lost() {
	! alive prometheus && tail -n 5 "$D/log/prometheus.log" |
	    grep -q 'address already in use'
}

# prometheus_start_from FIRST: like it, on the first free port from FIRST.
prometheus_start_from() {
	local last=$(($1 + 200))
	for ((PROM_PORT = $1; PROM_PORT < last; PROM_PORT++)); do
		! port_taken "$PROM_PORT" || continue
		! prometheus_start || return 0
		prometheus_port_lost || return 1
	done
	return 1
}
