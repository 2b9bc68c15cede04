using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>ClickHouse over its HTTP interface. Any thread.</summary>
/// <remarks>The official driver does not run under Native AOT, and what is needed of it are two kinds of request; see docs/decisions.</remarks>
internal sealed class ClickHouseClient : IDisposable
{
    private const string ExceptionCodeField = "X-ClickHouse-Exception-Code";
    private const int MessageCharactersMax = 300;

    private readonly HttpClient _http;
    private readonly ClickHouseAddress _address;

    /// <summary>Creates a client.</summary>
    /// <param name="address">The server.</param>
    /// <param name="timeout">How long a request may take.</param>
    public ClickHouseClient(ClickHouseAddress address, TimeSpan timeout)
    {
        _address = address;
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = address.EndPoint,
            Timeout = timeout,
        };
        _http.DefaultRequestHeaders.Authorization = address.Authorization;
    }

    /// <summary>Runs a statement without a result.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="EventSinkException">It failed; the message has neither the statement nor credentials.</exception>
    public async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(sql));
        await SendAsync([], content, cancellation).ConfigureAwait(false);
    }

    /// <summary>Inserts rows.</summary>
    /// <param name="sql"><c>INSERT INTO t (c, ...) FORMAT RowBinary</c>.</param>
    /// <param name="rows">The rows in that format.</param>
    /// <param name="token">The same for the same rows, so that the server drops a repetition.</param>
    /// <param name="cancellation">Gives up; whether the rows are stored is then unknown.</param>
    /// <exception cref="EventSinkException">It failed, or nobody knows.</exception>
    public async Task InsertAsync(string sql, ReadOnlyMemory<byte> rows, string token, CancellationToken cancellation)
    {
        using MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(rows, cancellation).ConfigureAwait(false);
        }

        using ByteArrayContent content = new(compressed.GetBuffer(), 0, (int)compressed.Length);
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await SendAsync([new("query", sql), new("insert_deduplication_token", token)], content, cancellation).ConfigureAwait(false);
    }

    /// <summary>Runs a query and reads its rows as they come.</summary>
    /// <param name="sql">The query, with its format.</param>
    /// <param name="settings">Settings and parameters of the request.</param>
    /// <param name="read">Reads the answer; what it throws ends the query.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ClickHouseException">The server has refused or ended the query.</exception>
    /// <exception cref="EventSinkException">The server is not there.</exception>
    public async Task QueryAsync(
        string sql, IReadOnlyList<KeyValuePair<string, string>> settings, Func<Stream, Task> read, CancellationToken cancellation)
    {
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(sql));
        using HttpRequestMessage request = Request(settings, content);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode || response.Headers.Contains(ExceptionCodeField))
            {
                string message = FirstLine(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
                bool hasCode = response.Headers.TryGetValues(ExceptionCodeField, out IEnumerable<string>? values);
                throw hasCode && int.TryParse(values!.First(), out int code)
                    ? new ClickHouseException(code, message)
                    : new EventSinkException($"status {(int)response.StatusCode}, {message}");
            }

            await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await read(stream).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new EventSinkException(exception.GetBaseException().Message, exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(IReadOnlyList<KeyValuePair<string, string>> parameters, HttpContent content)
    {
        IEnumerable<string> query = parameters.Prepend(new("database", _address.Database))
            .Select(static parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value)}");
        return new HttpRequestMessage(HttpMethod.Post, "/?" + string.Join('&', query)) { Content = content };
    }

    private async Task SendAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, HttpContent content, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(parameters, content);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            string body = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);

            // After the head has been sent, the server can only report an error in the body's trailing text and this field.
            if (!response.IsSuccessStatusCode || response.Headers.Contains(ExceptionCodeField))
            {
                throw new EventSinkException($"status {(int)response.StatusCode}, {FirstLine(body)}");
            }
        }
        catch (HttpRequestException exception)
        {
            // What went wrong with the certificate, or with the connection, is told inside.
            throw new EventSinkException(exception.GetBaseException().Message, exception);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new EventSinkException("no answer in time", exception);
        }
    }

    private static string FirstLine(string text)
    {
        string line = text.AsSpan().Trim().ToString();
        int end = line.AsSpan().IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return line.Length <= MessageCharactersMax ? line : line[..MessageCharactersMax];
    }
}
