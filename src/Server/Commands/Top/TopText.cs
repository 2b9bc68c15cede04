using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands.Top;

/// <summary>Puts the figures into words: a page for a screen, or a line for a file. Stateless, any thread.</summary>
internal static class TopText
{
    private const int NameWidth = 24;

    /// <summary>The page, one text a line; those that begin with <see cref="Heading"/> are headings.</summary>
    /// <param name="figures">What to show.</param>
    public static IReadOnlyList<string> Page(TopFigures figures)
    {
        List<string> lines = [.. Requests(figures), "", .. Latencies(figures), "", .. State(figures)];
        return lines;
    }

    /// <summary>First character of a heading; not shown.</summary>
    public const char Heading = '\u0001';

    /// <summary>Everything in one line, for those who read with a program.</summary>
    public static string Line(TopFigures figures)
    {
        double[] verify = figures.Latency("keys.verifyKey", 0.5, 0.99);
        return string.Join(
            ' ',
            $"requests/s={Number(figures.Rate("unkey_http_requests_total"))}",
            $"errors/s={Number(Errors(figures))}",
            $"verify_p50={Duration(verify[0])}",
            $"verify_p99={Duration(verify[1])}",
            $"connections={Whole(figures.Value("unkey_connections_open"))}",
            $"events/s={Number(figures.Rate("unkey_events_delivered_total"))}",
            $"batches_waiting={Whole(figures.Value("unkey_event_batches_waiting"))}",
            $"events_dropped/s={Number(figures.Rate("unkey_events_dropped_total"))}",
            $"store={(figures.Value("unkey_store_up") > 0 ? "up" : "down")}",
            $"rss={Size(figures.Value("process_resident_memory_bytes"))}");
    }

    /// <summary>A duration with three digits, such as <c>12.3us</c>; <c>-</c> when there is none.</summary>
    /// <param name="seconds">Seconds, or <see cref="double.NaN"/>.</param>
    public static string Duration(double seconds) => double.IsNaN(seconds) ? "-"
        : seconds < 0.9995e-3 ? Digits(seconds * 1e6) + "us"
        : seconds < 0.9995 ? Digits(seconds * 1e3) + "ms"
        : Digits(seconds) + "s";

    /// <summary>A number of bytes with three digits, such as <c>12.3MB</c>.</summary>
    public static string Size(double bytes) =>
        bytes < 999.5 ? Whole(bytes) + "B" : bytes < 999.5e3 ? Digits(bytes / 1e3) + "kB" : bytes < 999.5e6 ? Digits(bytes / 1e6) + "MB" : Digits(bytes / 1e9) + "GB";

    /// <summary>How long a server has been up.</summary>
    public static string Uptime(TimeSpan time) => time.Days > 0 ? $"{time.Days}d {time:hh\\:mm\\:ss}" : time.ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Requests(TopFigures figures)
    {
        IReadOnlyList<OperationFigures> operations = figures.Operations();
        double total = operations.Sum(static operation => operation.Rate);
        yield return $"{Heading}{"OPERATION",-NameWidth} {"PER SECOND",12} {"SHARE",7}  OUTCOMES";
        foreach (OperationFigures operation in operations)
        {
            string outcomes = string.Join("  ", operation.Outcomes.Select(outcome => $"{outcome.Outcome} {Share(outcome.Rate, operation.Rate)}"));
            yield return $"{TextSafety.Escape(operation.Name),-NameWidth} {Number(operation.Rate),12} {Share(operation.Rate, total),7}  {TextSafety.Escape(outcomes)}";
        }

        yield return $"{"all",-NameWidth} {Number(total),12} {Share(total, total),7}  errors {Number(Errors(figures))}/s";
    }

    private static IEnumerable<string> Latencies(TopFigures figures)
    {
        yield return $"{Heading}{"LATENCY",-NameWidth} {"P50",9} {"P90",9} {"P99",9} {"P99.9",9}";
        foreach (string group in figures.LatencyGroups())
        {
            double[] values = figures.Latency(group, 0.5, 0.9, 0.99, 0.999);
            yield return $"{TextSafety.Escape(group),-NameWidth} {Duration(values[0]),9} {Duration(values[1]),9} {Duration(values[2]),9} {Duration(values[3]),9}";
        }
    }

    private static IEnumerable<string> State(TopFigures figures)
    {
        yield return $"{Heading}STATE";
        yield return $"connections  {Whole(figures.Value("unkey_connections_open"))} open, {Number(figures.Rate("unkey_connections_accepted_total"))}/s accepted,"
            + $" {Number(figures.Rate("unkey_connections_refused_total"))}/s refused, {Size(figures.Rate("unkey_received_bytes_total"))}/s in, {Size(figures.Rate("unkey_sent_bytes_total"))}/s out";
        yield return !figures.Now.Has("unkey_events_delivered_total")
            ? "events       off"
            : $"events       {Number(figures.Rate("unkey_events_delivered_total"))}/s delivered, {Whole(figures.Value("unkey_event_batches_waiting"))} batches waiting,"
                + $" {Size(figures.Value("unkey_event_ring_bytes"))} in rings, {Size(figures.Value("unkey_event_spool_bytes"))} in the spool,"
                + $" {Whole(figures.Value("unkey_events_dropped_total"))} dropped, store {UpOrDown(figures, "unkey_events_sink_up")}";
        yield return $"store        {UpOrDown(figures, "unkey_store_up")}, {Whole(figures.Value("unkey_keys"))} keys, {Whole(figures.Value("unkey_identities"))} identities,"
            + $" {Whole(figures.Value("unkey_ratelimit_buckets_active"))} of {Whole(figures.Value("unkey_ratelimit_bucket_slots"))} buckets";
        yield return $"memory       {Size(figures.Value("process_resident_memory_bytes"))} resident, {Size(figures.Value("unkey_managed_heap_bytes"))} managed,"
            + $" {Size(figures.Rate("unkey_managed_allocated_bytes_total"))}/s allocated";
        yield return $"process      cpu {Share(figures.Rate("process_cpu_seconds_total"), 1)}, gc {Number(figures.Rate("unkey_gc_collections_total"))}/s,"
            + $" paused {Share(figures.Rate("unkey_gc_pause_seconds_total"), 1)}, faults {Whole(figures.Value("unkey_connection_faults_total"))}";
    }

    private static string UpOrDown(TopFigures figures, string name) => figures.Value(name) > 0 ? "up" : "DOWN";

    private static double Errors(TopFigures figures) =>
        figures.Operations().Sum(static operation => operation.Outcomes.Where(static outcome => outcome.Outcome == "server_error").Sum(static outcome => outcome.Rate));

    private static string Share(double part, double whole) => whole > 0 ? (part / whole).ToString("0.0%", CultureInfo.InvariantCulture) : "-";

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Whole(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    // Three digits that matter.
    private static string Digits(double value) => value.ToString(value < 9.995 ? "0.00" : value < 99.95 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
