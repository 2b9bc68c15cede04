using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Tests.Tcp.Otlp;

/// <summary>A collector that takes OTLP over HTTP and keeps what it gets; it can refuse, or not answer at all. Any thread.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Export> _exports = new();
    private readonly ManualResetEventSlim _open = new(true);
    private int _status = 200;
    private int _requests;

    public Collector()
    {
        Port = FreePort();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    /// <summary>Value of <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public string Endpoint => $"http://127.0.0.1:{Port}";

    /// <summary>Status of the next answers.</summary>
    public int Status
    {
        get => Volatile.Read(ref _status);
        set => Volatile.Write(ref _status, value);
    }

    /// <summary>Requests seen, also those that were refused or not answered.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What was taken, in order.</summary>
    public IReadOnlyList<Export> Exports => [.. _exports];

    /// <summary>From now on requests are read and not answered.</summary>
    public void Hang() => _open.Reset();

    /// <summary>The last value of a sample; <see langword="null"/> when none was taken.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels, such as <c>endpoint=keys.verifyKey,outcome=valid</c>, in any order.</param>
    public double? Metric(string name, string labels = "") => Points().Where(point => point.Name == name && point.Labels == labels).Select(static point => (double?)point.Value).LastOrDefault();

    /// <summary>Every sample that was taken.</summary>
    public IEnumerable<Point> Points() =>
        from export in Exports
        where export.Path == "/v1/metrics"
        from resource in export.Message.Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        let isSum = metric.Has(7)
        from point in metric.Message(isSum ? 7 : 5)!.Messages(1)
        select new Point(
            metric.Text(1),
            string.Join(',', point.Attributes(7).Select(static pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal)),
            point.Has(4) ? point.Double(4) : point.Number(6),
            isSum && metric.Message(7)!.Number(2) == 2 && metric.Message(7)!.Number(3) == 1);

    /// <summary>Severity, text and attributes of every log entry that was taken.</summary>
    public IEnumerable<(string Severity, string Text, Dictionary<string, string> Attributes)> Entries() =>
        from export in Exports
        where export.Path == "/v1/logs"
        from resource in export.Message.Messages(1)
        from scope in resource.Messages(2)
        from entry in scope.Messages(2)
        select (entry.Text(3), entry.Message(5)?.Text(1) ?? "", entry.Attributes(6));

    /// <summary>Every span that was taken.</summary>
    public IEnumerable<Span> Spans() =>
        from export in Exports
        where export.Path == "/v1/traces"
        from resource in export.Message.Messages(1)
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new Span(
            span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), (int)span.Number(6), span.Number(7), span.Number(8), span.Attributes(9), (int)(span.Message(15)?.Number(3) ?? 0));

    public void Dispose()
    {
        _open.Set();
        _listener.Close();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => TakeAsync(context));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task TakeAsync(HttpListenerContext context)
    {
        using MemoryStream body = new();
        await context.Request.InputStream.CopyToAsync(body);
        Interlocked.Increment(ref _requests);
        _open.Wait();
        int status = Status;
        if (status == 200)
        {
            _exports.Enqueue(new Export(
                context.Request.Url!.AbsolutePath, context.Request.ContentType ?? "", context.Request.Headers["x-tenant"] ?? "", body.ToArray()));
        }

        try
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client has left.
        }
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>One request that was taken.</summary>
    internal sealed record Export(string Path, string ContentType, string Tenant, byte[] Body)
    {
        public ProtoMessage Message { get; } = new(Body);

        /// <summary>Attributes of the resource.</summary>
        public Dictionary<string, string> Resource => Message.Message(1)!.Message(1)!.Attributes(1);
    }

    /// <summary>One span; ids in hexadecimal, times in nanoseconds since 1970, kind and status as OTLP numbers them.</summary>
    internal sealed record Span(
        string TraceId, string SpanId, string ParentId, string Name, int Kind, long Start, long End, Dictionary<string, string> Attributes, int Status);

    /// <summary>One sample.</summary>
    internal sealed record Point(string Name, string Labels, double Value, bool IsCumulativeCounter);
}
