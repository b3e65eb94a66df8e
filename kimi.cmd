@echo off
rem Runs the kimi command line on Windows: finds a JDK 25, builds what is missing or older than its sources, starts java.
rem KIMI_JAVA_HOME: the JDK 25 to use.  KIMI_JAVA_OPTIONS: further options for java.  KIMI_CLASS_PATH: further jars.
setlocal EnableExtensions DisableDelayedExpansion
set "ROOT=%~dp0"
set "ROOT=%ROOT:~0,-1%"
set "STATE=%ROOT%\.kimi-build"
set "JDK="

if defined KIMI_JAVA_HOME (
    call :check "%KIMI_JAVA_HOME%"
    if not defined JDK (
        >&2 echo kimi: KIMI_JAVA_HOME=%KIMI_JAVA_HOME% is not a JDK 25
        exit /b 1
    )
    goto found
)
if defined JAVA_HOME call :check "%JAVA_HOME%"
if defined JDK goto found
for %%J in (javac.exe) do if not "%%~$PATH:J"=="" call :check "%%~dp$PATH:J.."
if defined JDK goto found
for %%P in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\BellSoft" "%ProgramFiles%\Amazon Corretto" "%USERPROFILE%\.jdks") do (
    if exist "%%~P\" for /d %%D in ("%%~P\*") do call :check "%%~D"
)
if defined JDK goto found
>&2 echo kimi: needs a JDK 25: found none in JAVA_HOME, on PATH or in the usual folders; install one (for example Eclipse Temurin 25) or name its folder in KIMI_JAVA_HOME
exit /b 1

:found
call :fresh
if defined FRESH goto run
if not exist "%STATE%" mkdir "%STATE%"
set "TOLD="
:lock
mkdir "%STATE%\lock" 2>nul && goto locked
if not defined TOLD >&2 echo kimi: another start is building, waiting for it (if none is: rmdir "%STATE%\lock")
set "TOLD=yes"
ping -n 2 127.0.0.1 >nul
goto lock
:locked
call :fresh
if not defined FRESH call :build
set "BUILT=%ERRORLEVEL%"
rmdir "%STATE%\lock"
if not "%BUILT%"=="0" exit /b 1

:run
rem An empty entry would mean the current folder.
set "CP=%STATE%\app\lib\*"
if defined KIMI_CLASS_PATH set "CP=%CP%;%KIMI_CLASS_PATH%"
"%JDK%\bin\java.exe" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC %KIMI_JAVA_OPTIONS% -cp "%CP%" org.kimi4j.cli.Main %*
exit /b %ERRORLEVEL%

:check
if defined JDK exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
findstr /b /c:"JAVA_VERSION=\"25" "%~1\release" >nul 2>nul && set "JDK=%~f1"
exit /b 0

rem Sets FRESH if the stamp is newer than every source.
:fresh
set "FRESH="
if not exist "%STATE%\app\stamp" exit /b 0
powershell -NoProfile -Command "$s=(Get-Item -LiteralPath $env:STATE\app\stamp).LastWriteTimeUtc; $f=@(Get-Item $env:ROOT\pom.xml,$env:ROOT\kimi-*\pom.xml)+@(Get-ChildItem -Recurse -File $env:ROOT\kimi-*\src\main); if($f | Where-Object {$_.LastWriteTimeUtc -gt $s} | Select-Object -First 1){exit 1}else{exit 0}" && set "FRESH=yes"
exit /b 0

:build
>&2 echo kimi: building with %JDK% (a minute or two the first time)
if exist "%STATE%\new" rmdir /s /q "%STATE%\new"
mkdir "%STATE%\new\lib"
type nul >"%STATE%\new\stamp"
pushd "%ROOT%"
setlocal
set "JAVA_HOME=%JDK%"
call mvnw.cmd -q -B -pl kimi-examples -am package -Dmaven.test.skip=true 1>&2
if errorlevel 1 (
    popd
    >&2 echo kimi: the build failed, see above
    exit /b 1
)
endlocal
popd
copy /y "%ROOT%\kimi-examples\target\lib\*.jar" "%STATE%\new\lib" >nul || exit /b 1
copy /y "%ROOT%\kimi-examples\target\kimi-examples-*.jar" "%STATE%\new\lib" >nul || exit /b 1
if exist "%STATE%\app" rmdir /s /q "%STATE%\app"
move "%STATE%\new" "%STATE%\app" >nul || exit /b 1
exit /b 0
