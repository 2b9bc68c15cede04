using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Registries;
using Unkey.Protocol;
using Unkey.Server.ControlPlane;
using Unkey.Server.Diagnostics;
using Unkey.Server.Hosting;
using Unkey.Server.Transport;

namespace Unkey.Server.Tests.Transport;

/// <summary>The transport in this process, with an engine that knows one root key and one key, and one slow cold operation.</summary>
internal sealed class TransportFixture : IDisposable
{
    internal const string RootKey = "root_key_of_the_transport_tests";
    internal const string Key = "key_of_the_transport_tests";

    private readonly EngineState _engine = new();

    internal TransportFixture(TransportKind kind, Func<ServerOptions, ServerOptions>? configure = null)
    {
        ServerOptions options = new() { Listen = [new IPEndPoint(IPAddress.Loopback, 0)], Admin = null, Threads = 2, Transport = kind };
        options = configure?.Invoke(options) ?? options;
        lock (_engine.WriterLock)
        {
            Workspace operatorWorkspace = _engine.Workspaces.Upsert("ws_operator", enabled: true);
            Workspace workspace = _engine.Workspaces.Upsert("ws_1", enabled: true);
            Api api = _engine.Apis.Upsert(new ApiSpec { Id = "api_1", WorkspaceIndex = workspace.Index, KeyspaceId = "ks_1" });
            _engine.Keys.Upsert(new KeySpec
            {
                Digest = KeyDigest.Of(Encoding.UTF8.GetBytes(RootKey)),
                KeyId = "key_root",
                WorkspaceIndex = operatorWorkspace.Index,
                IsRootKey = true,
                ForWorkspaceIndex = workspace.Index,
                Permissions = ["api.*.verify_key"],
            });
            _engine.Keys.Upsert(new KeySpec
            {
                Digest = KeyDigest.Of(Encoding.UTF8.GetBytes(Key)),
                KeyId = "key_1",
                WorkspaceIndex = workspace.Index,
                ApiIndex = api.Index,
                Fragment = VerifyKeyFragments.Key("key_1", true, null, default, null, [], []),
            });
        }

        Metrics = new Metrics(options.Threads, "test", [Cold.Path]);
        Server = TransportServer.Bind(options, NullLogger.Instance);
        Server.Start(_engine, new ControlPlaneRouter([Cold]), new AdminRouter(Metrics, new HealthState()), Metrics, events: null, TimeProvider.System);
    }

    internal TransportServer Server { get; }

    internal Metrics Metrics { get; }

    internal ColdOperation Cold { get; } = new();

    internal Socket Connect()
    {
        EndPoint endPoint = Server.EndPoints[0];
        bool isUnix = endPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (!isUnix)
        {
            socket.NoDelay = true;
        }

        socket.Connect(endPoint);
        socket.ReceiveTimeout = 10_000;
        return socket;
    }

    internal static string Verify(string key = Key, string rootKey = RootKey)
    {
        string body = $"{{\"key\":\"{key}\"}}";
        return $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {rootKey}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}";
    }

    internal const string Liveness = "GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n";

    internal static string ColdCall(string body = "{}") =>
        $"POST {ColdOperation.ColdPath} HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    /// <summary>Reads responses until <paramref name="count"/> are complete or the peer closes; bodies by Content-Length.</summary>
    internal static List<string> Read(Socket socket, int count, bool isHead = false)
    {
        byte[] one = new byte[1];
        var responses = new List<string>();
        var text = new StringBuilder();
        while (responses.Count < count)
        {
            text.Clear();
            int body = -1;
            while (true)
            {
                if (socket.Receive(one) == 0)
                {
                    return responses;
                }

                text.Append((char)one[0]);
                if (body < 0 && text.Length > 4 && text.ToString(text.Length - 4, 4) == "\r\n\r\n")
                {
                    body = isHead ? 0 : ContentLength(text.ToString());
                    if (body == 0)
                    {
                        break;
                    }
                }
                else if (body > 0 && --body == 0)
                {
                    break;
                }
            }

            responses.Add(text.ToString());
        }

        return responses;
    }

    internal static void Send(Socket socket, string text) => socket.Send(Encoding.Latin1.GetBytes(text));

    internal static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        Cold.Release();
        Server.DrainAsync(TimeSpan.FromSeconds(5), CancellationToken.None).GetAwaiter().GetResult();
        Server.Dispose();
        _engine.Dispose();
    }

    private static int ContentLength(string head)
    {
        foreach (string line in head.Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.Ordinal))
            {
                return int.Parse(line["Content-Length:".Length..].Trim());
            }
        }

        return head.StartsWith("HTTP/1.1 100", StringComparison.Ordinal) ? 0 : throw new InvalidDataException(head);
    }

    /// <summary>A cold operation that answers when the test lets it.</summary>
    internal sealed class ColdOperation : ColdEndpoint
    {
        internal const string ColdPath = "/v2/test.cold";

        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string Path => ColdPath;

        /// <summary>Completes when a call has reached the operation.</summary>
        internal Task Started => _started.Task;

        internal void Release() => _released.TrySetResult();

        public override async Task<ColdResponse> HandleAsync(ColdRequest request)
        {
            _started.TrySetResult();
            await _released.Task;
            return new ColdResponse(200, ColdResponse.Json, Encoding.UTF8.GetBytes($"{{\"bytes\":{request.Body.Length}}}"));
        }
    }
}
