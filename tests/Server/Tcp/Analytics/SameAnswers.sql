SELECT COUNT(*) as count FROM key_verifications_v1
SELECT COUNT(*) FROM key_verifications_v1
SELECT outcome, SUM(count) AS total FROM key_verifications_per_hour_v1 GROUP BY outcome ORDER BY outcome
SELECT outcome, SUM(count) AS total FROM key_verifications_per_day_v1 WHERE time >= now() - INTERVAL 30 DAY GROUP BY outcome ORDER BY total DESC, outcome
SELECT toStartOfHour(time) AS hour, SUM(count) AS total FROM key_verifications_per_minute_v1 GROUP BY hour ORDER BY hour
SELECT toStartOfHour(time) AS time, SUM(count) AS total FROM key_verifications_per_minute_v1 GROUP BY time ORDER BY time DESC LIMIT 10
SELECT toStartOfDay(time) AS day, SUM(count) AS total FROM key_verifications_per_hour_v1 GROUP BY day ORDER BY day
SELECT toStartOfMonth(time) AS month, SUM(count) AS total FROM key_verifications_per_day_v1 GROUP BY month ORDER BY month
SELECT time, SUM(count) AS total FROM key_verifications_per_day_v1 GROUP BY time ORDER BY time
SELECT time, SUM(count) AS total FROM key_verifications_per_month_v1 GROUP BY time ORDER BY time
SELECT toDate(time) AS d, COUNT(*) AS c FROM key_verifications_v1 GROUP BY d ORDER BY d
SELECT toDateTime(time) AS t, request_id FROM key_verifications_v1 ORDER BY time LIMIT 3
SELECT toStartOfHour(time) AS h, count() c FROM key_verifications_v1 WHERE time >= now() - INTERVAL 2 DAY GROUP BY h ORDER BY h
SELECT count() AS c FROM key_verifications_v1 WHERE time >= now() - INTERVAL 1 DAY
SELECT count() AS c FROM key_verifications_v1 WHERE time > now64() - INTERVAL 30 HOUR AND time <= now()
SELECT count() AS c FROM key_verifications_v1 WHERE time >= toUnixTimestamp64Milli(now64() - INTERVAL 1 DAY)
SELECT count() AS c FROM key_verifications_v1 WHERE fromUnixTimestamp64Milli(time) >= now() - INTERVAL 1 DAY
SELECT count() AS c FROM key_verifications_v1 WHERE time BETWEEN now() - INTERVAL 3 DAY AND now() - INTERVAL 1 DAY
SELECT sumIf(count, outcome = 'VALID') AS valid, sumIf(count, outcome != 'VALID') AS rest FROM key_verifications_per_hour_v1
SELECT SUM(CASE WHEN outcome = 'VALID' THEN count ELSE 0 END) AS valid, SUM(count) AS total FROM key_verifications_per_day_v1
SELECT round(sumIf(count, outcome = 'VALID') * 100.0 / SUM(count), 2) AS rate FROM key_verifications_per_day_v1
SELECT countIf(outcome = 'VALID') AS valid, COUNTIF(spent_credits > 0) AS paid FROM key_verifications_v1
SELECT COUNT(DISTINCT key_id) AS keys, uniq(external_id) AS users, uniqExact(key_id, outcome) AS pairs FROM key_verifications_v1
SELECT key_id, SUM(count) AS total, SUM(spent_credits) AS credits FROM key_verifications_per_day_v1 GROUP BY key_id ORDER BY total DESC, key_id LIMIT 5
SELECT external_id, count() AS c FROM key_verifications_v1 WHERE external_id != '' GROUP BY external_id HAVING c > 10 ORDER BY external_id
SELECT key_id, outcome, count(*) FROM key_verifications_v1 GROUP BY key_id, outcome ORDER BY 1, 2
SELECT arrayJoin(tags) AS tag, COUNT(*) AS c FROM key_verifications_v1 GROUP BY tag ORDER BY c DESC, tag
SELECT arrayJoin(tags) AS tag, SUM(count) AS c FROM key_verifications_per_day_v1 GROUP BY tag ORDER BY tag
SELECT count() AS c FROM key_verifications_v1 WHERE has(tags, 'path=/a')
SELECT count() AS c FROM key_verifications_v1 WHERE hasAny(tags, ['path=/a', 'path=/b'])
SELECT count() AS c FROM key_verifications_v1 WHERE hasAll(tags, ['path=/a', 'env=prod'])
SELECT arrayJoin(arrayFilter(x -> startsWith(x, 'path='), tags)) AS path, count() AS c FROM key_verifications_v1 GROUP BY path ORDER BY path
SELECT tags, count() AS c FROM key_verifications_v1 GROUP BY tags
SELECT count() AS c FROM key_verifications_v1 WHERE tags = ['path=/a'] OR tags != ['path=/b']
SELECT length(tags) AS n, count() AS c FROM key_verifications_v1 GROUP BY n ORDER BY n
SELECT arrayFilter(x -> endsWith(x, 'prod'), tags) AS found, count() AS c FROM key_verifications_v1 GROUP BY arrayFilter(x -> endsWith(x, 'prod'), tags) ORDER BY c
SELECT * FROM key_verifications_v1 ORDER BY time LIMIT 7
SELECT avg(latency) AS a, min(latency) AS lo, max(latency) AS hi, sum(latency) > 1 AS some FROM key_verifications_v1
SELECT quantile(0.95)(latency) AS p95, quantile(latency) AS p50 FROM key_verifications_v1
SELECT outcome, round(quantile(0.99)(latency), 3) AS p99 FROM key_verifications_v1 GROUP BY outcome ORDER BY outcome
WITH daily AS (SELECT toDate(time) AS day, SUM(count) AS total FROM key_verifications_per_hour_v1 GROUP BY day) SELECT day, total FROM daily ORDER BY day
WITH a AS (SELECT key_id, count() AS n FROM key_verifications_v1 GROUP BY key_id), b AS (SELECT max(n) AS top FROM a) SELECT top FROM b
WITH k AS (SELECT key_id FROM key_verifications_v1 WHERE outcome = 'EXPIRED') SELECT count() AS c FROM key_verifications_v1 WHERE key_id IN (SELECT key_id FROM k)
SELECT time, SUM(count) AS total, SUM(SUM(count)) OVER (ORDER BY time) AS running FROM key_verifications_per_day_v1 GROUP BY time ORDER BY time
SELECT request_id, spent_credits, sum(spent_credits) OVER (PARTITION BY key_id ORDER BY time, request_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM key_verifications_v1 ORDER BY request_id LIMIT 20
SELECT toStartOfHour(time) AS h, count() AS c FROM key_verifications_v1 GROUP BY h ORDER BY h WITH FILL FROM toStartOfHour(now() - INTERVAL 7 DAY) TO toStartOfHour(now() + INTERVAL 2 HOUR) STEP INTERVAL 1 HOUR LIMIT 200
SELECT time, SUM(count) AS c FROM key_verifications_per_day_v1 GROUP BY time ORDER BY time WITH FILL FROM toDate(now() - INTERVAL 9 DAY) TO toDate(now() + INTERVAL 3 DAY) STEP 1
SELECT time, SUM(count) AS c, outcome FROM key_verifications_per_hour_v1 WHERE outcome = 'EXPIRED' GROUP BY time, outcome ORDER BY time WITH FILL STEP 3600
SELECT time, SUM(count) AS c FROM key_verifications_per_hour_v1 WHERE outcome = 'NONE' GROUP BY time ORDER BY time WITH FILL FROM toDateTime('2026-01-01 00:00:00') TO toDateTime('2026-01-01 05:00:00') STEP toIntervalHour(1)
SELECT spent_credits AS s, count() AS c FROM key_verifications_v1 GROUP BY s ORDER BY s DESC WITH FILL FROM 9 TO -2 STEP -1
SELECT key_space_id, count() AS c FROM key_verifications_v1 GROUP BY key_space_id UNION ALL SELECT outcome, count() FROM key_verifications_v1 GROUP BY outcome
SELECT outcome FROM key_verifications_v1 UNION DISTINCT SELECT outcome FROM key_verifications_per_day_v1
SELECT outcome FROM key_verifications_v1 EXCEPT SELECT outcome FROM key_verifications_v1 WHERE outcome = 'VALID'
SELECT DISTINCT outcome, source FROM key_verifications_v1 ORDER BY outcome
SELECT a.key_id, b.c FROM (SELECT DISTINCT key_id FROM key_verifications_v1) AS a LEFT JOIN (SELECT key_id, count() AS c FROM key_verifications_v1 WHERE outcome = 'EXPIRED' GROUP BY key_id) AS b ON a.key_id = b.key_id ORDER BY a.key_id
SELECT a.outcome AS o, b.t AS t, b.s AS s FROM (SELECT DISTINCT outcome FROM key_verifications_v1) a LEFT JOIN (SELECT 'VALID' AS outcome, toDateTime(5) AS t, 'x' AS s) b USING (outcome) ORDER BY o
SELECT count() AS c FROM key_verifications_v1 AS a INNER JOIN key_verifications_v1 AS b ON a.request_id = b.request_id AND a.time = b.time
SELECT a.outcome, b.outcome FROM (SELECT DISTINCT outcome FROM key_verifications_v1) AS a FULL JOIN (SELECT DISTINCT outcome FROM key_verifications_v1 WHERE outcome = 'VALID') AS b ON a.outcome = b.outcome ORDER BY 1
SELECT (SELECT count() FROM key_verifications_v1) AS everything, (SELECT max(key_id) FROM key_verifications_v1 WHERE outcome = 'NONE') AS nothing FROM key_verifications_v1 LIMIT 1
SELECT count() AS c, sum(spent_credits) AS s, avg(latency) AS a, min(key_id) AS m, max(time) AS t, quantile(latency) AS q, groupArray(key_id) AS g FROM key_verifications_v1 WHERE outcome = 'NONE'
SELECT max(time) AS t FROM key_verifications_per_hour_v1 WHERE outcome = 'NONE'
SELECT spent_credits / 2 AS half, spent_credits / 0 AS none, 7 % 3 AS m, -spent_credits AS n FROM key_verifications_v1 ORDER BY request_id LIMIT 5
SELECT upper(outcome) AS u, lower(outcome) AS l, substring(key_id, 1, 4) AS s, concat(key_id, '/', toString(spent_credits)) AS c, key_id || '!' AS d, length(key_id) AS n, trim('  x ') AS t FROM key_verifications_v1 ORDER BY request_id LIMIT 4
SELECT if(outcome = 'VALID', 'good', 'bad') AS verdict, count() AS c FROM key_verifications_v1 GROUP BY verdict ORDER BY verdict
SELECT CASE outcome WHEN 'VALID' THEN 1 WHEN 'EXPIRED' THEN 2 END AS code, count() AS c FROM key_verifications_v1 GROUP BY code ORDER BY c
SELECT coalesce(NULL, key_id) AS k FROM key_verifications_v1 ORDER BY k LIMIT 1
SELECT JSONExtractString('{"a":{"b":"x"}}', 'a', 'b') AS j, jsonextractstring('none', 'a') AS k FROM key_verifications_v1 LIMIT 1
SELECT count() AS c FROM key_verifications_v1 WHERE key_id LIKE 'key\\_1%' AND outcome ILIKE 'val_d' AND external_id NOT LIKE '%\_0'
SELECT count() AS c FROM key_verifications_v1 WHERE outcome IN ('VALID', 'EXPIRED') AND key_id NOT IN ['key_1', 'key_2'] AND NOT (spent_credits = 3)
SELECT groupUniqArray(outcome) AS g FROM key_verifications_v1 WHERE outcome = 'VALID'
SELECT groupArray(3)(spent_credits) AS g, groupArray(2)(latency) AS f FROM (SELECT spent_credits, latency FROM key_verifications_v1 ORDER BY request_id LIMIT 5)
SELECT toStartOfWeek(time) AS s, toStartOfWeek(time, 1) AS m, toStartOfQuarter(time) AS q, toStartOfYear(time) AS y, toStartOfMinute(time) AS i, count() AS c FROM key_verifications_per_hour_v1 GROUP BY s, m, q, y, i ORDER BY i LIMIT 20
SELECT date_trunc('hour', time) AS h, date_trunc('week', time) AS w, date_trunc('month', time) AS m, count() AS c FROM key_verifications_v1 GROUP BY h, w, m ORDER BY h LIMIT 10
SELECT formatDateTime(time, '%Y-%m-%d %H:%i:%S %a %b %j %u %y %e %I %p %F %T %R %D %W %%') AS f FROM key_verifications_per_hour_v1 ORDER BY f LIMIT 3
SELECT toString(time) AS t, toString(toDate(time)) AS d, toString(latency) AS l, toInt64(toDateTime(time)) AS s FROM key_verifications_v1 ORDER BY request_id LIMIT 9
SELECT time + INTERVAL 1 MONTH AS a, time - INTERVAL 1 YEAR AS b, time + toIntervalQuarter(1) AS c, time + 1 AS d, time - INTERVAL 90 MINUTE AS e FROM key_verifications_per_day_v1 ORDER BY time, key_id, outcome LIMIT 2
SELECT fromUnixTimestamp64Milli(time) AS t, fromUnixTimestamp64Milli(time) + INTERVAL 5 MILLISECOND AS u, toUnixTimestamp64Milli(fromUnixTimestamp64Milli(time)) = time AS same FROM key_verifications_v1 ORDER BY time LIMIT 4
SELECT floor(latency) AS f, ceil(latency) AS c, round(latency) AS r, round(latency, 1) AS p, abs(-latency) AS a, toInt64(latency) AS i, toFloat64(spent_credits) AS t, toInt32(spent_credits) AS u FROM key_verifications_v1 ORDER BY request_id LIMIT 9
SELECT toDate('2026-02-03') AS d, toDateTime('2026-02-03 04:05:06') AS t, toDateTime64('2026-02-03 04:05:06.789', 3) AS m, toDate(20000) AS n, toDate('2026-02-03') - toDate('2026-01-31') AS x FROM key_verifications_v1 LIMIT 1
SELECT count() AS c FROM key_verifications_per_day_v1 WHERE time != '2025-01-01' AND time < toDateTime('2035-01-01 00:00:00') AND '2036-01-01' >= time
SELECT source, app_id, region, count() AS c FROM key_verifications_v1 GROUP BY source, app_id, region
SELECT spent_credits > 2 AND outcome = 'VALID' AS b, count() AS c FROM key_verifications_v1 GROUP BY b ORDER BY b
SELECT any(outcome) AS o FROM key_verifications_v1 WHERE outcome = 'VALID'
SELECT sum(DISTINCT spent_credits) AS s FROM key_verifications_v1
SELECT count() AS c FROM (SELECT key_id FROM key_verifications_v1 LIMIT 7 OFFSET 2)
SELECT key_id FROM key_verifications_v1 ORDER BY key_id LIMIT 2, 3
SELECT x.key_id AS k, x.n FROM (SELECT key_id, count() AS n FROM key_verifications_v1 GROUP BY key_id) AS x WHERE x.n > 46 ORDER BY k
SELECT namespace_id, identifier, count() AS c FROM ratelimits_v1 GROUP BY namespace_id, identifier ORDER BY namespace_id, identifier
SELECT r.namespace_id, r.limit, r.passed FROM ratelimits_v1 AS r ORDER BY r.time LIMIT 5
SELECT * FROM ratelimits_v1 ORDER BY time LIMIT 3
SELECT passed, count() AS c FROM ratelimits_v1 WHERE passed GROUP BY passed
SELECT countIf(passed) AS p, countIf(NOT passed) AS f, NOT passed AS n FROM ratelimits_v1 GROUP BY n ORDER BY n
SELECT identifier, sum(passed) AS p, sum(total) AS t, sum(passed_tokens) AS pt, sum(total_tokens) AS tt FROM ratelimits_per_hour_v1 GROUP BY identifier ORDER BY identifier
SELECT time, sum(total) - sum(passed) AS blocked FROM ratelimits_per_day_v1 WHERE namespace_id = 'rlns_1' GROUP BY time ORDER BY time
SELECT count() AS c FROM ratelimits_v1 WHERE passed = true AND override_id = '' AND remaining < limit AND reset_at > time
SELECT sum(tokens) AS t FROM ratelimits_v1 WHERE reset_at >= now() - INTERVAL 1 DAY
SELECT max(time) > now() - INTERVAL 1 HOUR AS recent FROM ratelimits_per_minute_v1
SELECT time FROM ratelimits_per_month_v1 GROUP BY time ORDER BY time
SELECT key_id, 7 AS n, count() AS c FROM key_verifications_v1 GROUP BY key_id, n ORDER BY key_id, n
SELECT outcome, 2 AS two, toDate('2026-01-01') AS d, 'x' AS t, 1.5 AS f, true AS b, count() AS c FROM key_verifications_v1 GROUP BY two, outcome, d, t, f, b ORDER BY outcome
SELECT count() AS c FROM key_verifications_v1 GROUP BY now(), toDate(0), 1.5, 'x' ORDER BY now(), toDate(0)
SELECT if(outcome = 'VALID', length(key_id), -spent_credits) AS n, CASE WHEN spent_credits > 2 THEN latency ELSE length(tags) END AS f, coalesce(NULL, abs(spent_credits), -1) AS a FROM key_verifications_v1 ORDER BY request_id LIMIT 9
SELECT count() AS c FROM key_verifications_v1 UNION ALL SELECT sum(spent_credits) FROM key_verifications_v1 UNION ALL SELECT avg(latency) FROM key_verifications_v1
SELECT uniqExact(CASE WHEN outcome = 'VALID' THEN key_id END, spent_credits) AS u, count(DISTINCT CASE WHEN outcome = 'VALID' THEN key_id END) AS d FROM key_verifications_v1
SELECT [length(key_id), -1] AS a, has([spent_credits, 2.5], 2.5) AS h, -7 % 3 AS m, time % 1000 AS r FROM key_verifications_v1 ORDER BY request_id LIMIT 5
SELECT count() AS c FROM key_verifications_v1 GROUP BY 0 IS NULL, spent_credits > -1 AND 0, outcome = 'VALID' ORDER BY 1 IS NULL, 0 IS NOT NULL, c
