using System;
using System.Buffers;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>Calls the HTTP API of a running server and turns its errors into one line. One command, one thread.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);
    private const int ResponseBytesMax = 64 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly ServerUrl _server;

    /// <summary>Makes a client.</summary>
    /// <param name="server">Address of the server.</param>
    /// <param name="rootKey">Sent as a bearer token; <see langword="null"/> sends none.</param>
    public ApiClient(ServerUrl server, string? rootKey)
    {
        _server = server;
        SocketsHttpHandler handler = new()
        {
            // A redirect would carry the root key to somebody else, and a proxy has no business between two local processes.
            AllowAutoRedirect = false,
            UseProxy = server.Socket is null && !server.Url.IsLoopback,
            UseCookies = false,
            ConnectTimeout = s_timeout,
        };
        if (server.Socket is { } address)
        {
            handler.ConnectCallback = (_, cancellation) => ConnectAsync(address, cancellation);
        }

        _http = new HttpClient(handler) { Timeout = s_timeout, MaxResponseContentBufferSize = ResponseBytesMax };
        if (rootKey is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", rootKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Reads a document with GET.</summary>
    /// <returns>Status and body of the address that the client was made for.</returns>
    /// <exception cref="CommandException">No answer came.</exception>
    public (int Status, string Body) Get()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, _server.Url);
        return Send(request);
    }

    /// <summary>Calls an operation.</summary>
    /// <param name="operation">Its name, such as <c>rootKeys.createRootKey</c>.</param>
    /// <param name="writeBody">Writes the members of the request object.</param>
    /// <returns>The whole answer; the caller disposes it. Its <c>data</c> exists.</returns>
    /// <exception cref="CommandException">No answer came, or it is an error; the message is the server's.</exception>
    public JsonDocument Post(string operation, Action<Utf8JsonWriter> writeBody)
    {
        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            writeBody(json);
            json.WriteEndObject();
        }

        using HttpRequestMessage request = new(HttpMethod.Post, _server.At("/v2/" + operation).Url);
        request.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (int status, string text) = Send(request);
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(text);
            if (status == 200 && document.RootElement.TryGetProperty("data", out _))
            {
                JsonDocument result = document;
                document = null;
                return result;
            }

            throw new CommandException(Describe(status, document.RootElement), ExitCode.Failed);
        }
        catch (JsonException)
        {
            throw new CommandException($"{_server} answered {status} with something that is no answer of this API; is it the right address?", ExitCode.Failed);
        }
        finally
        {
            document?.Dispose();
        }
    }

    private (int Status, string Body) Send(HttpRequestMessage request)
    {
        try
        {
            using HttpResponseMessage response = _http.Send(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
            using Stream stream = response.Content.ReadAsStream();
            using StreamReader reader = new(stream, Encoding.UTF8);
            return ((int)response.StatusCode, reader.ReadToEnd());
        }
        catch (HttpRequestException e)
        {
            // A Unix socket whose file is missing is an address that is not available.
            string reason = (e.InnerException as SocketException)?.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "nothing listens there; is the server running?",
                SocketError.AddressNotAvailable when _server.Socket is not null => "there is no such file; is the server running?",
                _ => TextSafety.Escape((e.InnerException ?? e).Message),
            };
            throw new CommandException($"cannot reach {_server.Server}: {reason}", ExitCode.Failed);
        }
        catch (Exception e) when (e is IOException or TaskCanceledException)
        {
            string reason = e is TaskCanceledException ? $"no answer within {s_timeout.TotalSeconds} s" : TextSafety.Escape(e.Message);
            throw new CommandException($"cannot reach {_server.Server}: {reason}", ExitCode.Failed);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(UnixDomainSocketEndPoint address, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // {"meta":{"requestId"},"error":{"title","detail","status","type","errors":[{"location","message","fix"}]}}
    private static string Describe(int status, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out JsonElement error) || error.ValueKind != JsonValueKind.Object)
        {
            return $"the server answered {status} without saying why";
        }

        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{Text(error, "title") ?? "Error"} ({status})");
        if (Text(error, "detail") is { } detail)
        {
            line.Append(": ").Append(detail);
        }

        if (error.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in errors.EnumerateArray())
            {
                line.Append(CultureInfo.InvariantCulture, $" [{Text(item, "location")}: {Text(item, "message")}]");
            }
        }

        if (root.TryGetProperty("meta", out JsonElement meta) && Text(meta, "requestId") is { } requestId)
        {
            line.Append(CultureInfo.InvariantCulture, $" (request {requestId})");
        }

        return line.ToString();
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? TextSafety.Escape(value.GetString()!)
            : null;
}
