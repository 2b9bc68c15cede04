using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>Sees how the exports of one signal end, and says so in the log when that changes: the SDK keeps it to itself. Any thread.</summary>
/// <param name="signal">What is exported, for the log.</param>
internal sealed class CollectorWatch(string signal)
{
    private readonly Lock _lock = new();
    private ILogger? _logger;
    private long _failures;
    private bool _isDown;

    /// <summary>Says where to log; until then, a change of state is kept.</summary>
    public void Attach(ILogger logger)
    {
        lock (_lock)
        {
            _logger = logger;
        }
    }

    /// <summary>Makes the exporter use a client that is watched.</summary>
    /// <param name="options">Of the exporter, already read from the environment.</param>
    public void Observe(OtlpExporterOptions options) => options.HttpClientFactory = () => new HttpClient(
        new Handler(this, new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(5) }))
    {
        Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds),
    };

    private void Failed(string reason)
    {
        ILogger? logger;
        lock (_lock)
        {
            _failures++;
            logger = _isDown ? null : _logger;
            _isDown |= logger is not null;
        }

        if (logger is not null)
        {
            OtlpLog.CollectorDown(logger, signal, reason);
        }
    }

    private void Succeeded()
    {
        ILogger? logger;
        long failures;
        lock (_lock)
        {
            logger = _isDown ? _logger : null;
            failures = _failures;
            _isDown = false;
            _failures = 0;
        }

        if (logger is not null)
        {
            OtlpLog.CollectorUp(logger, signal, failures);
        }
    }

    private sealed class Handler(CollectorWatch watch, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(base.Send(request, cancellationToken));
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                Seen(exception);
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                Seen(exception);
                throw;
            }
        }

        private HttpResponseMessage Seen(HttpResponseMessage response)
        {
            if (response.IsSuccessStatusCode)
            {
                watch.Succeeded();
            }
            else
            {
                watch.Failed($"it answers {(int)response.StatusCode}");
            }

            return response;
        }

        private void Seen(Exception exception) => watch.Failed(exception is OperationCanceledException ? "it does not answer in time" : exception.Message);
    }
}
