using System;

namespace Unkey.Server.Events;

/// <summary>A sink could not take a batch. The message is one line for the operator, without credentials and without event data.</summary>
internal sealed class EventSinkException(string message, Exception? inner = null) : Exception(message, inner);
