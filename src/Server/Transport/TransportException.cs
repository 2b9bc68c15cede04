using System;

namespace Unkey.Server.Transport;

/// <summary>The transport cannot start: a listener could not be bound, or the operating system refused a resource.</summary>
internal sealed class TransportException(string message, Exception? inner = null) : Exception(message, inner);
