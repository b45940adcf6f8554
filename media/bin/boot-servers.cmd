@echo off
rem `boot-servers` in the editor's terminal: the program, run by the editor's own Node.
setlocal
set ELECTRON_RUN_AS_NODE=1
if not defined BOOT_SERVERS_NODE set BOOT_SERVERS_NODE=node
"%BOOT_SERVERS_NODE%" "%~dp0..\..\dist\cli.js" %*
