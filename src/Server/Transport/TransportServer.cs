using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Server.Commands;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Events;
using Unkey.Server.Hosting;
using Unkey.Server.Routing;
using Unkey.Server.Storage.Credits;
using Unkey.Server.Transport.Interop;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Transport;

/// <summary>The listeners and reactor threads of the server, from binding to the last closed connection.</summary>
/// <remarks>
/// <see cref="Bind"/> takes the ports, so that a taken one is reported before a long load; nothing is accepted before
/// <see cref="Start"/>. Used by one thread.
/// </remarks>
internal sealed class TransportServer : IDisposable
{
    private readonly ServerOptions _options;
    private readonly ILogger _logger;
    private readonly bool _epoll;
    private readonly List<ListeningSocket>[] _sockets = [];
    private readonly List<UnixSocketFile> _files = [];
    private readonly List<EndPoint> _endPoints = [];
    private readonly List<PortableListener> _listeners = [];
    private readonly List<Thread> _threads = [];
    private readonly List<DurabilityGate> _gates = [];
    private Reactor[] _reactors = [];
    private readonly BodyBudget _bodies = new(BodyBudget.DefaultBytesMax);
    private ConnectionLimit? _limit;

    private TransportServer(ServerOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _epoll = options.Transport switch
        {
            TransportKind.Portable => false,
            TransportKind.Epoll when !OperatingSystem.IsLinux() => throw new TransportException("--transport epoll needs Linux; use portable"),
            _ => OperatingSystem.IsLinux(),
        };

        if (CoreAffinity.Forbidden(options.ReactorCores) is { Count: > 0 } forbidden)
        {
            throw new TransportException($"--reactor-cores: this process may not use {(forbidden.Count == 1 ? "core" : "cores")} {string.Join(", ", forbidden)}");
        }

        _sockets = new List<ListeningSocket>[options.Threads];
        for (int i = 0; i < _sockets.Length; i++)
        {
            _sockets[i] = [];
        }

        try
        {
            foreach (EndPoint endPoint in options.Listen)
            {
                _endPoints.Add(Listen(endPoint, isAdmin: false));
            }

            AdminEndPoint = options.Admin is null ? null : Listen(options.Admin, isAdmin: true);
        }
        catch (TransportException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the API listens, with the real ports, in the order of the options.</summary>
    internal IReadOnlyList<EndPoint> EndPoints => _endPoints;

    /// <summary>Where metrics and health listen; null when they do not.</summary>
    internal EndPoint? AdminEndPoint { get; }

    /// <summary>The name of the reactor in use, for logs.</summary>
    internal string Name => _epoll ? "epoll" : "portable";

    /// <summary>Connections open now.</summary>
    internal int ConnectionCount => _limit?.Count ?? 0;

    /// <summary>Bytes of bodies that are not complete, of connections that have more than <see cref="BodyBudget.FreeBytes"/>. Any thread.</summary>
    internal long BodyBytes => _bodies.Bytes;

    /// <summary>Blocks in use by connections; exact once the reactors have ended, for leak checks.</summary>
    internal int RentedBlocks => _reactors.Sum(static r => r.RentedBlocks);

    /// <summary>Takes the listening ports.</summary>
    /// <exception cref="TransportException">A port is taken or an address is not of this machine.</exception>
    internal static TransportServer Bind(ServerOptions options, ILogger logger) => new(options, logger);

    /// <summary>Starts the reactors; from here on connections are accepted.</summary>
    internal void Start(
        EngineState engine,
        ControlPlaneRouter controlPlane,
        AdminRouter admin,
        Metrics metrics,
        EventPipeline? events,
        TimeProvider time,
        CreditFile? credits = null,
        TlsContext? tls = null,
        RequestObservation? observation = null)
    {
        _limit = new ConnectionLimit(_options.MaxConnections);
        BodyBudget bodies = _bodies;
        var routes = new RouteTable(controlPlane, _options.ServesReference);
        var documents = new ApiDocuments(BuildVersion.Full);
        if (_options.ReactorCores.Count > 0)
        {
            CoreAffinity.BeginPinning();
        }

        _reactors = new Reactor[_options.Threads];
        for (int i = 0; i < _reactors.Length; i++)
        {
            DurabilityGate? gate = _options.Durability == DurabilityKind.Strict ? Gate(i, events!, credits!) : null;
            var context = new ReactorContext
            {
                Options = _options,
                Core = _options.ReactorCores.Count > 0 ? _options.ReactorCores[i] : null,
                Engine = engine,
                Events = events?.Ring(i),
                ColdEvents = _options.RequestLog.IsOn ? events?.Cold : null,
                Durability = gate,
                Watch = observation?.Watch(i),
                Routes = routes,
                ControlPlane = controlPlane,
                Documents = documents,
                Admin = admin,
                Metrics = metrics.Reactor(i),
                Limit = _limit,
                Bodies = bodies,
                Tls = tls,
                Time = time,
                Logger = _logger,
            };
            _reactors[i] = _epoll
                ? new EpollReactor(context, [.. _sockets[i]])
                : new PortableReactor(context);
            gate?.Start(_reactors[i].Post);
            var thread = new Thread(_reactors[i].Run) { Name = $"reactor-{i}", IsBackground = true };
            _threads.Add(thread);
        }

        EpollReactor[] siblings = [.. _reactors.OfType<EpollReactor>()];
        foreach (EpollReactor reactor in siblings)
        {
            reactor.Siblings = siblings;
        }

        foreach (Thread thread in _threads)
        {
            thread.Start();
        }

        foreach (PortableListener listener in _listeners)
        {
            _ = listener.AcceptAsync(Array.ConvertAll(_reactors, static r => (PortableReactor)r));
        }
    }

    /// <summary>Makes connections that begin from now on use another certificate. Any thread, once started.</summary>
    internal void UseTls(TlsContext tls)
    {
        foreach (Reactor reactor in _reactors)
        {
            reactor.Post(new TakeTls(tls));
        }
    }

    /// <summary>Flushes that failed, so that answers were not sent. Any thread.</summary>
    internal long FailedFlushes => _gates.Sum(static gate => gate.Failures);

    /// <summary>Stops accepting, lets requests in flight finish, at most for <paramref name="timeout"/>, then ends the reactors.</summary>
    /// <returns>True when every connection ended by itself.</returns>
    internal async Task<bool> DrainAsync(TimeSpan timeout, CancellationToken hurry)
    {
        foreach (PortableListener listener in _listeners)
        {
            listener.Dispose();
        }

        // Before the sockets are closed: the next server may put its own there while this one drains.
        _files.ForEach(static file => file.Remove());
        foreach (Reactor reactor in _reactors)
        {
            reactor.Post(new BeginDrain());
        }

        long start = Stopwatch.GetTimestamp();
        while (ConnectionCount > 0 && Stopwatch.GetElapsedTime(start) < timeout && !hurry.IsCancellationRequested)
        {
            await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
        }

        bool clean = ConnectionCount == 0;
        foreach (Reactor reactor in _reactors)
        {
            reactor.Stop();
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _gates.ForEach(static gate => gate.Dispose());
        return clean;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PortableListener listener in _listeners)
        {
            listener.Dispose();
        }

        _files.ForEach(static file => file.Remove());
        foreach (Reactor reactor in _reactors)
        {
            reactor.Dispose();
        }

        if (_reactors.Length == 0)
        {
            EpollListener.Close([.. _sockets.SelectMany(static sockets => sockets).Select(static socket => socket.Descriptor)]);
        }
    }

    private EndPoint Listen(EndPoint endPoint, bool isAdmin)
    {
        if (!_epoll)
        {
            PortableListener listener = PortableListener.Bind(endPoint, isAdmin, _options.UnixSocketMode, _logger);
            _listeners.Add(listener);
            return listener.EndPoint;
        }

        if (endPoint is UnixDomainSocketEndPoint path)
        {
            _sockets[0].Add(new ListeningSocket(EpollListener.Bind(path, _options.UnixSocketMode, out UnixSocketFile file), isAdmin, IsUnix: true));
            _files.Add(file);
            return endPoint;
        }

        int[] descriptors = EpollListener.Bind((IPEndPoint)endPoint, isAdmin ? 1 : _sockets.Length, out IPEndPoint bound);
        for (int i = 0; i < descriptors.Length; i++)
        {
            _sockets[i].Add(new ListeningSocket(descriptors[i], isAdmin, IsUnix: false));
        }

        return bound;
    }

    private DurabilityGate Gate(int reactor, EventPipeline events, CreditFile credits)
    {
        void Flush()
        {
            events.Flush(reactor);
            credits.Flush();
        }

        DurabilityGate gate = new(events.Ring(reactor), events.ColdRing, Flush, _logger);
        _gates.Add(gate);
        return gate;
    }

    private sealed class TakeTls(TlsContext tls) : IReactorWork
    {
        public void Run(Reactor reactor) => reactor.UseTls(tls);
    }

    private sealed class BeginDrain : IReactorWork
    {
        public void Run(Reactor reactor) => reactor.BeginDrain();
    }
}
