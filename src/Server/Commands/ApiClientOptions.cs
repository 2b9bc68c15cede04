using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>The options that all commands share which talk to a running server.</summary>
internal sealed class ApiClientOptions
{
    /// <summary>Variable that holds the address of the server.</summary>
    public const string UrlVariable = "UNKEY_URL";

    private const string TlsVariable = "UNKEY_TLS_CERT";
    private const string RootKeyVariable = "UNKEY_ROOT_KEY";
    private const string RootKeyFileVariable = "UNKEY_ROOT_KEY_FILE";
    private const int RootKeyFileCharactersMax = 4096;

    private readonly CommandContext _context;

    private readonly Option<string> _url = new("--url")
    {
        HelpName = "url",
        Description = $"Address of the running server: http, https, or the Unix socket, as in unix:/run/unkey/api.sock. [env: {UrlVariable}]"
            + " [default: the first address of UNKEY_LISTEN, or http://127.0.0.1:8080; https when UNKEY_TLS_CERT is set]",
    };

    private readonly Option<string> _rootKeyFile = new("--root-key-file")
    {
        HelpName = "file",
        Description = $"File that holds the root key in its first line. The key itself comes from {RootKeyVariable}; there is no option for it,"
            + $" because every local user can read a command line. [env: {RootKeyFileVariable}]",
    };

    /// <summary>Makes the options for one command.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    public ApiClientOptions(CommandContext context) => _context = context;

    /// <summary>Whether the result is wanted as JSON.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Prints the server's answer as JSON instead of text." };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="withCredentials">Whether the command sends a root key.</param>
    public void AddTo(Command command, bool withCredentials)
    {
        command.Options.Add(_url);
        if (withCredentials)
        {
            command.Options.Add(_rootKeyFile);
            command.Options.Add(Json);
        }
    }

    /// <summary>The address of the server.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <returns>The address.</returns>
    /// <exception cref="CommandException">It is no such address.</exception>
    public ServerUrl Url(ParseResult result)
    {
        if ((result.GetValue(_url) ?? _context.Variable(UrlVariable)) is not { } text)
        {
            return ServerUrl.Of(Listen()[0], _context.Variable(TlsVariable) is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps);
        }

        return ServerUrl.Read(text) ?? throw new CommandException(
            $"'{TextSafety.Escape(text)}' is not an address such as http://127.0.0.1:8080 or unix:/run/unkey/api.sock (--url, {UrlVariable})", ExitCode.Usage);
    }

    /// <summary>Where to ask whether the server is well.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <returns>As <see cref="Url"/>; but where the server speaks TLS and no address is given, its Unix socket or else the admin listener's, because a
    /// certificate is for a name and not for the loopback address.</returns>
    /// <exception cref="CommandException">It is no address, or the admin listener is off.</exception>
    public ServerUrl HealthUrl(ParseResult result)
    {
        if (result.GetValue(_url) is not null || _context.Variable(UrlVariable) is not null || _context.Variable(TlsVariable) is null)
        {
            return Url(result);
        }

        if (Listen().FirstOrDefault(static address => address is UnixDomainSocketEndPoint) is { } socket)
        {
            return ServerUrl.Of(socket, Uri.UriSchemeHttp);
        }

        EndPoint? admin = new ServerOptions().Admin;
        if (_context.Variable("UNKEY_ADMIN") is { } text)
        {
            admin = ListenAddress.Read(text, out EndPoint given) is null ? given : null;
        }

        return admin is not null
            ? ServerUrl.Of(admin, Uri.UriSchemeHttp).At("/health/live")
            : throw new CommandException($"the server speaks TLS and its admin listener is off; give an https address that its certificate is for (--url, {UrlVariable})", ExitCode.Usage);
    }

    /// <summary>A client for the server, with the root key.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <returns>A client that the caller disposes.</returns>
    /// <exception cref="CommandException">The address or the root key is missing or wrong.</exception>
    public ApiClient Client(ParseResult result) => new(Url(result), RootKey(result));

    private string RootKey(ParseResult result)
    {
        string? file = result.GetValue(_rootKeyFile);
        if (file is null && _context.Variable(RootKeyVariable) is { } given)
        {
            return Checked(given, RootKeyVariable);
        }

        file ??= _context.Variable(RootKeyFileVariable);
        if (file is null)
        {
            throw new CommandException($"no root key: set {RootKeyVariable} or {RootKeyFileVariable}, or give --root-key-file", ExitCode.Usage);
        }

        try
        {
            using StreamReader reader = new(file);
            char[] buffer = new char[RootKeyFileCharactersMax];
            int count = reader.ReadBlock(buffer);
            int end = buffer.AsSpan(0, count).IndexOfAny('\r', '\n');
            return Checked(new string(buffer, 0, end < 0 ? count : end), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandException("the root key file cannot be read: " + TextSafety.Escape(e.Message), ExitCode.Failed);
        }
    }

    // What may stand in a header field; the server decides whether it is a key.
    private static string Checked(string key, string source) => key.Length > 0 && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
        ? key
        : throw new CommandException($"{TextSafety.Escape(source)} holds no root key: printable ASCII without blanks is expected", ExitCode.Usage);

    private IReadOnlyList<EndPoint> Listen() =>
        _context.Variable("UNKEY_LISTEN") is { } text && ListenAddress.ReadList(text, out IReadOnlyList<EndPoint> given) is null ? given : new ServerOptions().Listen;
}
