using System;

namespace Unkey.Server.Transport.Tls;

/// <summary>TLS cannot be served with the files that were given. The message is one line for the operator: option, file, what is wrong, remedy.</summary>
internal sealed class TlsException(string message, Exception? inner = null) : Exception(message, inner);
