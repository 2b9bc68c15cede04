using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Server.Diagnostics;
using Unkey.Server.Hosting;

namespace Unkey.Server.Transport.Tls;

/// <summary>Keeps the certificate in use that the files hold: loads it at start, and again after SIGHUP or when a file has changed.</summary>
/// <remarks>
/// Files that cannot be used are logged and counted once, and the certificate before them stays. Connections that are open keep theirs.
/// <see cref="Open"/> and <see cref="Start"/> by the thread that starts the server; the rest is for any thread.
/// </remarks>
internal sealed class TlsKeeper : IDisposable
{
    /// <summary>From one look at the files to the next. A change is taken up when two looks in a row see the same, so that half of it is not.</summary>
    internal static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(2);

    /// <summary>How long before its end a certificate is warned about.</summary>
    internal static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(14);

    // Made anew from the same files, so that no session ticket can be opened with a key that is older; and the warning comes once a day.
    private static readonly TimeSpan s_renewPeriod = TimeSpan.FromDays(1);

    private readonly TlsFileNames _names;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Action<TlsContext> _use = static _ => { };
    private PosixSignalRegistration? _signal;
    private ITimer? _timer;
    private string _triedDigest = "";
    private string _seenDigest = "";
    private DateTimeOffset _renewAt;
    private bool _isStopped;

    // ORDER: none needed for these; values of one writer at a time that metrics read a little late.
    private long _reloads;
    private long _failures;
    private long _expiresAtSeconds;

    private TlsKeeper(TlsFileNames names, ILogger logger, TimeProvider time)
    {
        _names = names;
        _logger = logger;
        _time = time;
        using TlsFiles files = TlsFiles.Read(names);
        Context = Take(files);
    }

    /// <summary>The certificate to begin with.</summary>
    internal TlsContext Context { get; }

    /// <summary>New files that were taken up.</summary>
    internal long Reloads => Volatile.Read(ref _reloads);

    /// <summary>Attempts that left the certificate as it was.</summary>
    internal long Failures => Volatile.Read(ref _failures);

    /// <summary>When the certificate in use expires, in Unix seconds.</summary>
    internal long ExpiresAtSeconds => Volatile.Read(ref _expiresAtSeconds);

    /// <summary>Loads the files for the first time.</summary>
    /// <param name="names">Where they lie.</param>
    /// <param name="logger">For what is loaded and what cannot be.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="TlsException">They cannot be used.</exception>
    internal static TlsKeeper Open(TlsFileNames names, ILogger logger, TimeProvider time) => new(names, logger, time);

    /// <summary>Begins to look for changes.</summary>
    /// <param name="use">Called with each new certificate, on any thread.</param>
    internal void Start(Action<TlsContext> use)
    {
        _use = use;
        _timer = _time.CreateTimer(_ => Look(), null, LookPeriod, LookPeriod);
        if (!OperatingSystem.IsWindows())
        {
            _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true; // Else the runtime ends the process.
                Reload();
            });
        }
    }

    /// <summary>Loads the files again, whether they have changed or not.</summary>
    internal void Reload()
    {
        lock (_lock)
        {
            if (!_isStopped)
            {
                TryReload(static _ => true);
            }
        }
    }

    /// <summary>Looks whether the files have changed, and loads them when they have and seem complete.</summary>
    internal void Look()
    {
        // A look that takes longer than the period is not waited for.
        if (!_lock.TryEnter())
        {
            return;
        }

        try
        {
            if (!_isStopped)
            {
                TryReload(IsDue);
            }
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _signal?.Dispose();
        _timer?.Dispose();
        lock (_lock)
        {
            _isStopped = true;
        }
    }

    private bool IsDue(string digest)
    {
        bool isSettled = digest == _seenDigest;
        _seenDigest = digest;
        return isSettled && (digest != _triedDigest || _time.GetUtcNow() >= _renewAt);
    }

    private void TryReload(Func<string, bool> isDue)
    {
        try
        {
            using TlsFiles? files = ReadFor(isDue);
            if (files is not null)
            {
                _triedDigest = files.Digest;
                TlsContext context = Take(files);
                Volatile.Write(ref _reloads, _reloads + 1);
                _use(context);
            }
        }
        catch (TlsException e)
        {
            Volatile.Write(ref _failures, _failures + 1);
            _renewAt = _time.GetUtcNow() + s_renewPeriod;
            TransportLog.TlsNotReloaded(_logger, e.Message);
        }
    }

    // A file that is missing or cannot be read is a state of its own: told once, and again when it is another.
    private TlsFiles? ReadFor(Func<string, bool> isDue)
    {
        try
        {
            TlsFiles files = TlsFiles.Read(_names);
            if (isDue(files.Digest))
            {
                return files;
            }

            files.Dispose();
            return null;
        }
        catch (TlsException e)
        {
            if (!isDue(e.Message))
            {
                return null;
            }

            _triedDigest = e.Message;
            throw;
        }
    }

    private TlsContext Take(TlsFiles files)
    {
        TlsContext context = TlsContext.Load(files);
        _triedDigest = _seenDigest = files.Digest;
        DateTimeOffset now = _time.GetUtcNow();
        _renewAt = now + s_renewPeriod;
        Volatile.Write(ref _expiresAtSeconds, context.ExpiresAt.ToUnixTimeSeconds());
        string file = TextSafety.Escape(_names.Certificate);
        string expires = context.ExpiresAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        TransportLog.TlsCertificate(_logger, file, expires);
        if (context.ExpiresAt - now < ExpiryWarning)
        {
            TransportLog.TlsExpires(_logger, file, expires, (long)Math.Floor((context.ExpiresAt - now).TotalDays));
        }

        return context;
    }
}
