using System;
using System.Net;
using System.Net.Sockets;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>Where a running server is asked: an http or https address, or one behind a Unix socket. Immutable.</summary>
/// <param name="Url">The address; behind a Unix socket its host means nothing.</param>
/// <param name="Socket">The Unix socket, or <see langword="null"/>.</param>
internal sealed record ServerUrl(Uri Url, UnixDomainSocketEndPoint? Socket)
{
    /// <summary>The server as a user would name it, without a path.</summary>
    public string Server => Socket is null ? Url.GetLeftPart(UriPartial.Authority) : ListenAddress.Show(Socket);

    /// <summary>The address of a listener of this machine.</summary>
    /// <param name="listener">Where it listens.</param>
    /// <param name="scheme">What is spoken over TCP.</param>
    /// <returns>The address to connect to.</returns>
    public static ServerUrl Of(EndPoint listener, string scheme) => listener is UnixDomainSocketEndPoint socket
        ? new(new Uri("http://localhost/"), socket)
        : new(new Uri($"{scheme}://{ListenAddress.Reachable(listener)}/"), null);

    /// <summary>Reads an address.</summary>
    /// <param name="text">An http or https address without user and fragment, or <c>unix:</c> and what a listener has.</param>
    /// <returns>The address, or <see langword="null"/> when it is none.</returns>
    public static ServerUrl? Read(string text)
    {
        if (text.StartsWith(ListenAddress.UnixPrefix, StringComparison.Ordinal))
        {
            return ListenAddress.Read(text, out EndPoint listener) is null ? Of(listener, Uri.UriSchemeHttp) : null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            ? new(url, null)
            : null;
    }

    /// <summary>The same server at another path.</summary>
    /// <param name="path">A path that begins with a slash.</param>
    /// <returns>The address.</returns>
    public ServerUrl At(string path) => this with { Url = new Uri(Url, path) };

    /// <inheritdoc/>
    public override string ToString() => Socket is null ? Url.ToString() : $"{Server} {Url.PathAndQuery}";
}
